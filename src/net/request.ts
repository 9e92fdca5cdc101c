import type { Clock } from '../time/clock.ts';
import { type Exchange, exchange, NoAnswer, type Outgoing } from './exchange.ts';
import type { Header } from './http1/header.ts';
import { type Method, requestHead } from './http1/request-head.ts';
import { type ConnectionPool, directRoute, type Route } from './pool.ts';
import type { RequestBody } from './send-body.ts';
import { proxyAuthorization } from './tunnel.ts';

/** One request to one place. */
export interface OutgoingRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: readonly Header[];
  /** Made anew for each time that the body is sent. */
  readonly body?: (() => RequestBody) | undefined;
}

export interface RequestOptions extends Omit<Outgoing, 'body' | 'whenAsked'> {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly route?: Route;
  /** Until the head of the answer, after the last byte of the body, ms. */
  readonly answerTimeout: number;
  readonly signal: AbortSignal;
}

/** From this size on, bytes, the server is asked first whether it wants the body: who refuses has not to hear it. */
const largeBody = 1 << 20;

/**
 * Sends one request, with a body that may be large, and follows nowhere: what a redirect means is for the caller. A
 * request that may be repeated (any but POST) is sent again where only an idle connection had grown stale. Throws
 * `Failure`, what the body throws, or the signal's reason.
 */
export async function request(asked: OutgoingRequest, options: RequestOptions): Promise<Exchange> {
  const mayRepeat = asked.method !== 'POST';
  try {
    return await asPolite(asked, options, mayRepeat);
  } catch (error) {
    if (!mayRepeat || !(error instanceof NoAnswer) || !error.reused) throw error;
    return asPolite(asked, options, false);
  }
}

/** 417: it does not know that question (RFC 9110 section 15.5.18). */
async function asPolite(asked: OutgoingRequest, options: RequestOptions, reuse: boolean): Promise<Exchange> {
  const body = asked.body?.();
  const isLarge = body !== undefined && body.length >= largeBody;
  const answer = await once(asked, body, options, { reuse, whenAsked: isLarge });
  if (!isLarge || answer.head.status !== 417) return answer;
  answer.abandon();
  return once(asked, asked.body?.(), options, { reuse: false, whenAsked: false });
}

async function once(
  { method, url, headers }: OutgoingRequest,
  body: RequestBody | undefined,
  { pool, clock, route = directRoute, answerTimeout, signal, ...how }: RequestOptions,
  { reuse, whenAsked }: { readonly reuse: boolean; readonly whenAsked: boolean },
): Promise<Exchange> {
  const framing: Header[] = body === undefined ? [] : [['Content-Length', String(body.length)]];
  const question: Header[] = whenAsked ? [['Expect', '100-continue']] : [];
  const head = headFor(method, url, [...headers, ...framing, ...question], route);
  const wire = await pool.take(url, signal, reuse, route);
  return exchange(wire, head, {
    clock,
    headersTimeout: answerTimeout,
    signal,
    asked: method === 'HEAD' ? 'HEAD' : 'other',
    onFree: (free) => pool.give(url, free, route),
    ...(body === undefined ? {} : { outgoing: { body, whenAsked, ...how } }),
  });
}

/** The head of a request. To an HTTP proxy plain requests name the whole target, and carry what it wants to know. */
export function headFor(method: Method, url: URL, headers: readonly Header[], { proxy }: Route): string {
  if (proxy?.kind !== 'http' || url.protocol !== 'http:') return requestHead(url, headers, 'origin', method);
  const authorization = proxyAuthorization(proxy);
  const own: Header[] = authorization === undefined ? [] : [['Proxy-Authorization', authorization]];
  return requestHead(url, [...headers, ...own], 'absolute', method);
}
