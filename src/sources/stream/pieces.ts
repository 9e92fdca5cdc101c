import { webcrypto } from 'node:crypto';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { discard } from '../../net/get.ts';
import type { Hop } from '../../net/redirect.ts';
import type { ByteSpan, Piece, SegmentKey } from '../../playlist/hls.ts';
import type { Clock } from '../../time/clock.ts';
import type { Asker } from '../http/asker.ts';
import { rangeReply } from '../http/content-range.ts';
import { parseLink } from '../http/link.ts';
import { statusFailure } from '../http/status-failure.ts';

export interface PieceParts {
  readonly asker: Asker;
  readonly clock: Clock;
  /** Longest silence, ms. */
  readonly idleTimeout: number;
  /** As given: headers and logins go to its origin only. */
  readonly link: string;
  readonly options: DownloadOptions;
}

/** Bytes of one piece at most; they are kept in memory until they are whole. */
const largestPiece = 256 << 20;
const largestKey = 4096;
const mostTries = 3;
const lookEvery = 1000;
const allOfIt: ByteSpan = { from: 0, to: Number.POSITIVE_INFINITY };

/** Fetches the pieces of one stream; keys are asked for once. */
export class PieceFetcher {
  readonly #parts: PieceParts;
  readonly #keys = new Map<string, Promise<Buffer<ArrayBuffer>>>();

  constructor(parts: PieceParts) {
    this.#parts = parts;
  }

  /** The plain bytes of a piece, whole; asked for up to three times. Throws `Failure`, or the signal's reason. */
  async piece(piece: Piece, isInit: boolean, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
    const bytes = await this.#bytes(piece, largestPiece, signal);
    if (!piece.key || (isInit && isPlainBox(bytes))) return bytes;
    return decipher(bytes, await this.#key(piece.key, signal), piece.key);
  }

  #key({ url }: SegmentKey, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
    const known = this.#keys.get(url);
    if (known) return known;
    const asked = this.#bytes({ url }, largestKey, signal).then((bytes) => {
      if (bytes.length === 16) return bytes;
      throw new Failure(
        'media',
        'the key of the stream cannot be had: what came in its place is none; a login may be missing',
      );
    });
    this.#keys.set(url, asked);
    asked.catch(() => this.#keys.delete(url));
    return asked;
  }

  async #bytes(piece: Piece, most: number, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#ask(piece, most, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (tries >= mostTries || !(error instanceof Failure) || error.retry.when !== 'now') throw error;
      }
    }
  }

  async #ask({ url, span }: Piece, most: number, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
    const { asker, clock, link, options } = this.#parts;
    const own = parseLink(link);
    const start: Hop = { url: new URL(url), visited: [], trusted: new URL(url).origin === own.origin };
    const question = { link: own, options, start, ...(span ? { from: span.from, to: span.to } : {}) };
    const { exchange, credentials } = await asker.ask(question, signal);
    const { head, place } = exchange;
    if (head.status !== 200 && (head.status !== 206 || !span)) {
      throw statusFailure(head, place, discard(exchange), clock.now(), credentials);
    }
    if (span && head.status === 206) {
      const told = rangeReply(head.headers.get('content-range'));
      if (told.kind !== 'part' || told.from !== span.from) {
        discard(exchange);
        throw new Failure('network', `${place} sent another part of a file than the one that was asked for`);
      }
    }
    // A server without ranges sends it all: the rest is dropped as it comes.
    const wanted = await this.#body(exchange, span && head.status === 200 ? span : allOfIt, most, signal);
    if (span && wanted.length !== span.to - span.from) {
      throw new Failure('network', `${place} sent ${wanted.length} bytes of a piece of ${span.to - span.from}`);
    }
    return wanted;
  }

  #body(
    exchange: Awaited<ReturnType<Asker['ask']>>['exchange'],
    { from, to }: ByteSpan,
    most: number,
    signal: AbortSignal,
  ): Promise<Buffer<ArrayBuffer>> {
    const { clock, idleTimeout } = this.#parts;
    const body = Promise.withResolvers<Buffer<ArrayBuffer>>();
    const portions: Buffer[] = [];
    const length = Number(exchange.head.headers.get('content-length') ?? Number.NaN);
    let [size, kept] = [0, 0];
    let heard = clock.monotonic();
    const fail = (reason: unknown): void => {
      exchange.abandon();
      body.reject(reason);
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const stopLooking = clock.every(lookEvery, () => {
      if (clock.monotonic() - heard > idleTimeout)
        fail(new Failure('network', `${exchange.place} sent nothing for ${idleTimeout / 1000} s`));
    });
    exchange.read({
      bytes(buffer, offset, count) {
        heard = clock.monotonic();
        const within = (position: number) => offset + Math.min(count, Math.max(0, position - size));
        const wanted = buffer.subarray(within(from), within(to));
        size += count;
        kept += wanted.length;
        if (kept > most)
          throw new Failure('media', `${exchange.place} sends more for one piece of the stream than it can have`);
        if (wanted.length > 0) portions.push(Buffer.from(wanted));
        if (size < to) return;
        body.resolve(Buffer.concat(portions));
        exchange.abandon();
      },
      end() {
        if (Number.isFinite(length) && size < length)
          fail(new Failure('network', `${exchange.place} broke off in the middle of a piece`));
        else body.resolve(Buffer.concat(portions));
      },
      fail: body.reject,
    });
    return body.promise.finally(() => {
      signal.removeEventListener('abort', onAbort);
      stopLooking();
    });
  }
}

/** Off the main thread, since a piece may be large. Throws `Failure('media')` where the key does not fit. */
export async function decipher(
  bytes: Buffer<ArrayBuffer>,
  key: Buffer<ArrayBuffer>,
  { iv }: Pick<SegmentKey, 'iv'>,
): Promise<Buffer<ArrayBuffer>> {
  try {
    const cipher = { name: 'AES-CBC', iv: Buffer.from(iv, 'hex') };
    const imported = await webcrypto.subtle.importKey('raw', key, cipher.name, false, ['decrypt']);
    return Buffer.from(await webcrypto.subtle.decrypt(cipher, imported, bytes));
  } catch (error) {
    throw new Failure('media', 'a piece of the stream cannot be deciphered with the key that it names', {
      cause: error,
      retry: { when: 'now' },
    });
  }
}

/** An MP4 box that is not encrypted. */
function isPlainBox(bytes: Buffer): boolean {
  return /^(?:ftyp|styp|moov)$/.test(bytes.subarray(4, 8).toString('latin1'));
}
