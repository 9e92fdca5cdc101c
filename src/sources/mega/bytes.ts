import { Failure } from '../../downloads/failure.ts';
import { discard } from '../../net/get.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';
import { statusFailure } from '../http/status-failure.ts';
import { addressOf, type MegaParts } from './api.ts';
import { decipherFrom } from './cipher.ts';
import { type Asking, ownOptions } from './exchange.ts';
import { overQuota } from './refusals.ts';
import type { MegaFile } from './tree.ts';

/** Bytes of one request. Each connection holds at most so many in memory. */
const pieceBytes = 1 << 20;
const block = 16;

/**
 * The plain bytes of a file from `from` to its end, in order, with several requests on their way at once:
 * MEGA's servers limit single connections. Throws `Failure`.
 */
export async function* megaBytes(
  parts: MegaParts,
  file: Pick<MegaFile, 'place' | 'size' | 'key'>,
  how: { readonly from: number; readonly connections: number },
  asking: Asking,
): AsyncGenerator<Uint8Array> {
  const { g: address, s: size } = await addressOf(parts, file.place, asking);
  if (size !== file.size) throw new Failure('changed', 'the file at MEGA is another one than before');
  const begin = how.from - (how.from % block);
  const decipher = decipherFrom(file.key, begin);
  let skip = how.from - begin;
  const stop = new AbortController();
  const own: Asking = { ...asking, signal: AbortSignal.any([asking.signal, stop.signal]) };
  const pieces: Piece[] = [];
  let next = begin;
  try {
    for (;;) {
      for (; pieces.length < how.connections && next < size; next += pieceBytes) {
        pieces.push(new Piece(parts, address, next, Math.min(next + pieceBytes, size), own));
      }
      const first = pieces.shift();
      if (!first) return;
      for await (const portion of first.portions()) {
        const plain = decipher(portion);
        if (plain.length > skip) yield plain.subarray(skip);
        skip = Math.max(0, skip - plain.length);
      }
    }
  } finally {
    stop.abort(new Failure('internal', 'these bytes are no longer wanted'));
  }
}

/** The bytes from one place to another, kept as they come until somebody takes them. */
class Piece {
  readonly #arrived: Uint8Array[] = [];
  #missing: number;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(parts: MegaParts, address: string, from: number, to: number, asking: Asking) {
    this.#missing = to - from;
    this.#fetch(parts, new URL(`${address}/${from}-${to - 1}`), asking).catch((error: unknown) => this.#fail(error));
  }

  async *portions(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let portion = this.#arrived.shift(); portion; portion = this.#arrived.shift()) yield portion;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#missing === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  async #fetch(parts: MegaParts, link: URL, { options, signal }: Asking): Promise<void> {
    const { exchange } = await parts.asker.ask({ link, options: ownOptions(options) }, signal);
    if (exchange.head.status !== 200 && exchange.head.status !== 206) {
      throw storageFailure(parts, exchange.head, exchange.place, discard(exchange));
    }
    const onAbort = () => {
      exchange.abandon();
      this.#fail(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = () => signal.removeEventListener('abort', onAbort);
    exchange.read({
      bytes: (buffer, offset, length) => this.#take(buffer.subarray(offset, offset + length)),
      end: ({ excess }) => {
        settle();
        if (excess) this.#fail(new Failure('protocol', 'MEGA sent more bytes than were asked for'));
        else if (this.#missing > 0) this.#fail(cutShort());
      },
      fail: (failure) => {
        settle();
        this.#fail(failure);
      },
    });
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length > this.#missing) throw new Failure('protocol', 'MEGA sent more bytes than were asked for');
    this.#arrived.push(Buffer.from(bytes));
    this.#missing -= bytes.length;
    this.#wake();
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#wake();
  }
}

function cutShort(): Failure {
  return new Failure('network', 'MEGA ended an answer before all its bytes had come');
}

/** What a storage server's refusal means; 509 names the seconds until there is quota again. */
function storageFailure({ account, clock }: MegaParts, head: ResponseHead, place: string, text: string): Failure {
  const { status, headers } = head;
  if (status === 509) {
    return overQuota(account !== undefined, Number(headers.get('x-mega-time-left') ?? Number.NaN), clock.now());
  }
  if ([403, 404, 410].includes(status)) {
    return new Failure(
      'server',
      `${place} no longer has the file at this address (${status}); MEGA is asked for another`,
    );
  }
  return statusFailure(head, place, text, clock.now());
}
