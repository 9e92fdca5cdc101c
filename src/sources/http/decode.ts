import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Zlib,
} from 'node:zlib';
import { asFailure, Failure } from '../../downloads/failure.ts';
import type { BodySink, Exchange } from '../../net/exchange.ts';
import type { Put } from './lane.ts';

/** How far back a body may refer, log2 of bytes (RFC 9659): who wants more memory than that is refused. */
const zstdWindow = 23;

const decoders: Readonly<Record<string, () => Transform & Zlib>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindow } }),
};

/** Output beyond this many bytes for each input byte, after a free first part, is a bomb. */
const mostRatio = 200;
const freeOutput = 64 * 1024 * 1024;

/**
 * Takes a content coding off a body while it passes, for servers that encode although identity was
 * asked. `done` resolves with the number of bytes put, from position 0; rejects with a `Failure`.
 */
export class DecodingLane implements BodySink {
  readonly done: Promise<void>;
  readonly #answer: Exchange;
  readonly #decoder: Transform & Zlib;
  readonly #settle: { readonly resolve: () => void; readonly reject: (failure: Failure) => void };
  #input = 0;
  #output = 0;
  #failed = false;

  /** Throws `Failure('protocol')` for a coding that is not understood. */
  constructor(answer: Exchange, encoding: string, put: Put) {
    const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
    if (!create) {
      throw new Failure('protocol', `${answer.place} sends the file encoded as "${encoding}", which is not understood`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
    this.#answer = answer;
    this.#decoder = create();
    this.#decoder.on('data', (bytes: Buffer) => this.#decoded(bytes, put));
    this.#decoder.on('drain', () => answer.resume());
    this.#decoder.on('end', () => this.#ended());
    this.#decoder.on('error', (error) =>
      this.stop(new Failure('protocol', `${answer.place} sent a damaged ${encoding} body`, { cause: error })),
    );
  }

  /** Decoded bytes so far. */
  get position(): number {
    return this.#output;
  }

  stop(reason: Failure): void {
    this.#failed = true;
    this.#answer.abandon();
    this.#decoder.destroy();
    this.#settle.reject(reason);
  }

  bytes(buffer: Uint8Array, offset: number, length: number): void {
    this.#input += length;
    if (!this.#decoder.write(Buffer.from(buffer.subarray(offset, offset + length)))) this.#answer.pause();
  }

  end({ excess }: { readonly excess: boolean }): void {
    if (excess) this.stop(new Failure('protocol', `${this.#answer.place} sent more bytes than it had announced`));
    else this.#decoder.end();
  }

  fail(failure: Failure): void {
    this.stop(failure);
  }

  /** A decoder stops in silence where its format ends, and what would come behind that is missing then. */
  #ended(): void {
    if (this.#decoder.bytesWritten === this.#input) this.#settle.resolve();
    else this.stop(new Failure('protocol', `${this.#answer.place} sent more behind the end of an encoded body`));
  }

  #decoded(bytes: Buffer, put: Put): void {
    if (this.#failed) return;
    if (this.#output + bytes.length > freeOutput + this.#input * mostRatio) {
      this.stop(
        new Failure('suspect', `${this.#answer.place} sent a body that unpacks to absurdly much; it was given up`),
      );
      return;
    }
    try {
      put(bytes, 0, bytes.length, this.#output);
      this.#output += bytes.length;
    } catch (error) {
      this.stop(asFailure(error));
    }
  }
}
