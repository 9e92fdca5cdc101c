import { Failure, type FailureClass } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import type { Exchange } from './exchange.ts';

const lookEvery = 1000;

/**
 * Reads an answer by `read`, such as `textOf`, as long as some of it comes at least every `idleTimeout` ms. Throws
 * `Failure('network')` after a longer silence, and what `read` throws.
 */
export async function whileItComes<T>(
  { place }: Pick<Exchange, 'place'>,
  { clock, idleTimeout }: { readonly clock: Pick<Clock, 'monotonic' | 'every'>; readonly idleTimeout: number },
  signal: AbortSignal,
  read: (signal: AbortSignal, onBytes: () => void) => Promise<T>,
): Promise<T> {
  const silence = new AbortController();
  let heard = clock.monotonic();
  const stopLooking = clock.every(lookEvery, () => {
    if (clock.monotonic() - heard <= idleTimeout) return;
    silence.abort(new Failure('network', `${place} sent nothing for ${idleTimeout / 1000} s`));
  });
  try {
    return await read(AbortSignal.any([signal, silence.signal]), () => {
      heard = clock.monotonic();
    });
  } finally {
    stopLooking();
  }
}

/**
 * The body of an answer as text, in UTF-8, of at most `most` bytes; more is a failure of class `tooLong`. `onBytes` is
 * called whenever some of it comes.
 */
export async function textOf(
  exchange: Exchange,
  most: number,
  signal: AbortSignal,
  tooLong: FailureClass,
  onBytes?: () => void,
): Promise<string> {
  return (await bytesOf(exchange, most, signal, tooLong, onBytes)).toString('utf8');
}

/** The same as bytes. */
export function bytesOf(
  exchange: Exchange,
  most: number,
  signal: AbortSignal,
  tooLong: FailureClass,
  onBytes?: () => void,
): Promise<Buffer> {
  const portions: Buffer[] = [];
  let length = 0;
  return gathered(exchange, signal, {
    take(portion) {
      onBytes?.();
      length += portion.length;
      if (length > most)
        throw new Failure(tooLong, `${exchange.place} sends more than ${most} bytes, where a small file was expected`);
      portions.push(Buffer.from(portion));
      return 'more';
    },
    all: () => Buffer.concat(portions),
  });
}

/** The first bytes of an answer, latin1; the rest is not waited for. */
export function beginningOf(
  exchange: Exchange,
  most: number,
  signal: AbortSignal,
  onBytes?: () => void,
): Promise<string> {
  let beginning = '';
  return gathered(exchange, signal, {
    take(portion) {
      onBytes?.();
      beginning += portion.subarray(0, most - beginning.length).toString('latin1');
      return beginning.length < most ? 'more' : 'enough';
    },
    all: () => beginning,
  });
}

interface Gathering<T> {
  /** A portion is another one's memory afterwards. */
  take(portion: Buffer): 'more' | 'enough';
  /** What was taken. */
  all(): T;
}

function gathered<T>(exchange: Exchange, signal: AbortSignal, { take, all }: Gathering<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => {
    exchange.abandon();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  exchange.read({
    bytes(buffer, offset, size) {
      if (take(Buffer.from(buffer.buffer, buffer.byteOffset + offset, size)) === 'more') return;
      resolve(all());
      exchange.abandon();
    },
    end: () => resolve(all()),
    fail: reject,
  });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}
