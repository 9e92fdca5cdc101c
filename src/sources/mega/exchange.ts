import type { Config } from '../../config/config.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { textOf } from '../../net/answer-text.ts';
import { discard } from '../../net/get.ts';
import type { Clock } from '../../time/clock.ts';
import type { Asker } from '../http/asker.ts';
import { statusFailure } from '../http/status-failure.ts';

export interface ExchangeParts {
  readonly config: Pick<Config, 'http' | 'mega'>;
  readonly asker: Asker;
  readonly clock: Clock;
}

/** Who asks, and how. */
export interface Asking {
  readonly options: DownloadOptions;
  readonly signal: AbortSignal;
}

/** Work of the library that asks over the `fetch` it was given; `end` frees what it holds. */
export interface LibraryWork<T> {
  readonly answer: Promise<T>;
  end(): void;
}

/** A folder of 100,000 files takes about 20 MiB. */
const mostAnswer = 128 << 20;

/** The options of a download that are for whoever is asked; a login or a cookie is not meant for MEGA's servers. */
export function ownOptions({ proxy, userAgent }: DownloadOptions): DownloadOptions {
  return { ...(proxy === undefined ? {} : { proxy }), ...(userAgent === undefined ? {} : { userAgent }) };
}

/**
 * One exchange with MEGA's API, which may be several requests: the library's part is their form and the proof of work
 * that MEGA wants now and then. Error numbers of the API become what `meaning` says. Throws `Failure`, or the signal's
 * reason.
 */
export async function exchange<T>(
  parts: ExchangeParts,
  asking: Asking,
  meaning: (code: number) => Failure,
  begin: (ask: typeof fetch) => LibraryWork<T>,
): Promise<T> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([asking.signal, deadline.signal]);
  const { headers_timeout, idle_timeout } = parts.config.http;
  const tooSlow = new Failure('network', 'MEGA took too long to answer');
  // Only for silence: the list of a large folder takes as long as it takes.
  let cancel = () => {};
  const heard = () => {
    cancel();
    cancel = parts.clock.after(headers_timeout + idle_timeout, () => deadline.abort(tooSlow));
  };
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  let work: LibraryWork<T> | undefined;
  try {
    signal.throwIfAborted();
    heard();
    signal.addEventListener('abort', onAbort, { once: true });
    work = begin(fetchThrough(parts, { options: asking.options, signal }, meaning, heard));
    work.answer.catch(() => {});
    return await Promise.race([work.answer, aborted.promise]);
  } catch (error) {
    asking.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure('protocol', 'MEGA gave an answer that is not understood', { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
    work?.end();
    cancel();
  }
}

/**
 * The library's `fetch`, over our own connections and proxies. An error number is thrown as its `Failure`; `heard` is
 * called whenever bytes come.
 */
function fetchThrough(
  { asker, clock }: ExchangeParts,
  { options, signal }: Asking,
  meaning: (code: number) => Failure,
  heard: () => void,
): typeof fetch {
  return async (url, given) => {
    const headers = [...new Headers(given?.headers)].filter(([name]) => name !== 'content-type');
    const post = { json: String(given?.body), headers };
    const answer = await asker.ask({ link: new URL(String(url)), options: ownOptions(options), post }, signal);
    const { head, place } = answer.exchange;
    const challenge = head.headers.get('x-hashcash');
    if (challenge !== undefined) {
      discard(answer.exchange);
      return new Response(null, { headers: { 'x-hashcash': challenge } });
    }
    if (head.status !== 200) throw statusFailure(head, place, discard(answer.exchange), clock.now());
    const text = await textOf(answer.exchange, mostAnswer, signal, 'protocol', heard);
    const said: unknown = JSON.parse(text);
    const [first]: unknown[] = Array.isArray(said) ? said : [said];
    if (typeof first === 'number' && first < 0) throw meaning(first);
    return new Response(text);
  };
}
