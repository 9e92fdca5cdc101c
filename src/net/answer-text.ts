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
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const portions: Buffer[] = [];
  let length = 0;
  const onAbort = () => {
    exchange.abandon();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  exchange.read({
    bytes(buffer, offset, size) {
      onBytes?.();
      length += size;
      if (length > most)
        throw new Failure(tooLong, `${exchange.place} sends more than ${most} bytes, where a small file was expected`);
      portions.push(Buffer.from(buffer.subarray(offset, offset + size)));
    },
    end: () => resolve(Buffer.concat(portions)),
    fail: reject,
  });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

/** The first bytes of an answer, latin1; the rest is not waited for. */
export function beginningOf(
  exchange: Exchange,
  most: number,
  signal: AbortSignal,
  onBytes?: () => void,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let beginning = '';
  const onAbort = () => {
    exchange.abandon();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  exchange.read({
    bytes(buffer, offset, size) {
      onBytes?.();
      const portion = buffer.subarray(offset, offset + Math.min(size, most - beginning.length));
      beginning += Buffer.from(portion).toString('latin1');
      if (beginning.length < most) return;
      resolve(beginning);
      exchange.abandon();
    },
    end: () => resolve(beginning),
    fail: reject,
  });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}
