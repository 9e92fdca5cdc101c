import type { Clock } from '../time/clock.ts';
import { type Exchange, exchange, NoAnswer } from './exchange.ts';
import type { Header } from './http1/header.ts';
import type { ResponseHead } from './http1/response-head.ts';
import { type ConnectionPool, directRoute, type Route } from './pool.ts';
import { firstHop, type Hop, nextHop, type RedirectRules } from './redirect.ts';
import { headFor } from './request.ts';

export interface GetOptions {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  /** For each hop, ms. */
  readonly headersTimeout: number;
  readonly redirects: RedirectRules;
  /** How each host is reached; left out: directly. */
  readonly routeFor?: (url: URL) => Route;
  /** Hears of every answer, also of redirects. */
  readonly onAnswer?: (url: URL, head: ResponseHead) => void | Promise<void>;
  /** ASCII; makes it a POST, which is sent twice like a GET where an idle connection was stale: only for questions. */
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** The answer at the end of all redirects, its body not yet read. */
export interface Answer {
  readonly exchange: Exchange;
  /** Where it came from. */
  readonly hop: Hop;
  /** The scheme of the credentials that it was asked with, as `basic`; undefined: with none. */
  readonly credentials: string | undefined;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** The largest body that is read only to keep its connection, bytes. */
const smallBody = 16 * 1024;

/**
 * A GET that follows redirects. `headersFor` gives the headers for each hop, so that credentials can
 * stay behind where `hop.trusted` is false. Throws `Failure`, or the signal's reason.
 */
export async function get(
  url: URL,
  headersFor: (hop: Hop) => readonly Header[] | Promise<readonly Header[]>,
  options: GetOptions,
  start: Hop = firstHop(url),
): Promise<Answer> {
  let hop = start;
  for (;;) {
    const route = options.routeFor?.(hop.url) ?? directRoute;
    const headers = await headersFor(hop);
    const answer = await ask(hop.url, requestFor(hop.url, headers, route, options.body), route, options);
    await options.onAnswer?.(hop.url, answer.head);
    if (!redirectStatuses.has(answer.head.status))
      return { exchange: answer, hop, credentials: credentialsIn(headers) };
    try {
      hop = nextHop(hop, answer.head.headers.get('location'), options.redirects);
    } finally {
      discard(answer);
    }
  }
}

function credentialsIn(headers: readonly Header[]): string | undefined {
  const [, value] = headers.find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  return value?.split(' ', 1)[0]?.toLowerCase();
}

/**
 * Ends an answer that is not wanted: when all of its body is here already its connection can be used
 * again, otherwise it is closed. Returns the beginning of the body, as far as it is here.
 */
export function discard(answer: Exchange): string {
  let text = '';
  if (answer.framing.kind !== 'length' || answer.framing.length <= smallBody) {
    answer.read({
      bytes(buffer, offset, length) {
        const wanted = Math.min(length, smallBody - text.length);
        text += Buffer.from(buffer.buffer, buffer.byteOffset + offset, wanted).toString('latin1');
      },
      end: () => {},
      fail: () => {},
    });
  }
  answer.abandon();
  return text;
}

function requestFor(url: URL, headers: readonly Header[], route: Route, body?: string): string {
  if (body === undefined) return headFor('GET', url, headers, route);
  return headFor('POST', url, [...headers, ['Content-Length', String(body.length)]], route) + body;
}

async function ask(url: URL, request: string, route: Route, options: GetOptions): Promise<Exchange> {
  try {
    return await askOnce(url, request, route, options, true);
  } catch (error) {
    if (!(error instanceof NoAnswer) || !error.reused) throw error;
    return askOnce(url, request, route, options, false);
  }
}

async function askOnce(
  url: URL,
  request: string,
  route: Route,
  options: GetOptions,
  reuse: boolean,
): Promise<Exchange> {
  const { pool, clock, headersTimeout, signal } = options;
  const wire = await pool.take(url, signal, reuse, route);
  return exchange(wire, request, {
    clock,
    headersTimeout,
    ...(signal ? { signal } : {}),
    onFree: (free) => pool.give(url, free, route),
  });
}
