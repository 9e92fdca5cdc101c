import { Failure, type FailureClass } from '../downloads/failure.ts';
import type { Exchange } from './exchange.ts';

/** The body of an answer as text, in UTF-8, of at most `most` bytes; more is a failure of class `tooLong`. */
export async function textOf(
  exchange: Exchange,
  most: number,
  signal: AbortSignal,
  tooLong: FailureClass,
): Promise<string> {
  return (await bytesOf(exchange, most, signal, tooLong)).toString('utf8');
}

/** The same as bytes. */
export function bytesOf(exchange: Exchange, most: number, signal: AbortSignal, tooLong: FailureClass): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const portions: Buffer[] = [];
    let length = 0;
    signal.addEventListener('abort', () => {
      exchange.abandon();
      reject(signal.reason);
    });
    exchange.read({
      bytes(buffer, offset, size) {
        length += size;
        if (length > most)
          throw new Failure(
            tooLong,
            `${exchange.place} sends more than ${most} bytes, where a small file was expected`,
          );
        portions.push(Buffer.from(buffer.subarray(offset, offset + size)));
      },
      end: () => resolve(Buffer.concat(portions)),
      fail: reject,
    });
  });
}
