import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure, type FailureClass } from '../../downloads/failure.ts';
import { type Answer, discard } from '../../net/get.ts';
import { Asker, type AskerOptions } from './asker.ts';
import { parseLink } from './link.ts';
import { statusFailure } from './status-failure.ts';

/**
 * The text in UTF-8 that a web link leads to, of at most `most` bytes; for small things that name
 * others. Throws `Failure`.
 */
export async function readText(parts: AskerOptions, wanted: SmallFile): Promise<string> {
  return (await readBytes(parts, wanted)).toString('utf8');
}

export interface SmallFile {
  readonly link: string;
  readonly options: DownloadOptions;
  /** Bytes. */
  readonly most: number;
}

/** The same as bytes. Throws `Failure`. */
export async function readBytes(parts: AskerOptions, { link, options, most }: SmallFile): Promise<Buffer> {
  const asker = new Asker(parts);
  const deadline = new AbortController();
  const tooSlow = new Failure('network', `${parseLink(link).host} took too long to send a small file`);
  const cancel = parts.clock.after(parts.config.headers_timeout + parts.config.idle_timeout, () =>
    deadline.abort(tooSlow),
  );
  try {
    const answer = await asker.ask({ link: parseLink(link), options }, deadline.signal);
    const { head, place } = answer.exchange;
    if (head.status !== 200)
      throw statusFailure(head, place, discard(answer.exchange), parts.clock.now(), answer.credentials);
    return await bytesOf(answer, most, deadline.signal, 'link');
  } finally {
    cancel();
    asker.close();
  }
}

/** The body of an answer as text, in UTF-8, of at most `most` bytes; more is a failure of class `tooLong`. */
export async function textOf(
  answer: Answer,
  most: number,
  signal: AbortSignal,
  tooLong: FailureClass,
): Promise<string> {
  return (await bytesOf(answer, most, signal, tooLong)).toString('utf8');
}

/** The same as bytes. */
function bytesOf({ exchange }: Answer, most: number, signal: AbortSignal, tooLong: FailureClass): Promise<Buffer> {
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
