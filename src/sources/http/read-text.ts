import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesOf } from '../../net/answer-text.ts';
import { discard } from '../../net/get.ts';
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
    return await bytesOf(answer.exchange, most, deadline.signal, 'link');
  } finally {
    cancel();
    asker.close();
  }
}
