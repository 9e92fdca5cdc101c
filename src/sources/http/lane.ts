import { Failure } from '../../downloads/failure.ts';
import type { BodySink, Exchange } from '../../net/exchange.ts';
import { streamKind } from '../../playlist/stream-kind.ts';
import { looksLikePage, pageFailure, sniffedBytes, streamFailure } from './suspect.ts';

/** Takes file bytes for a position; the buffer is used again when it returns. */
export type Put = (buffer: Uint8Array, offset: number, length: number, position: number) => void;

export interface LaneJob {
  readonly answer: Exchange;
  /** Position in the file of the body's first byte. */
  readonly at: number;
  /** First byte to write; what comes before is passed over. */
  readonly from: number;
  /** End of what is wanted; null: where the body ends. */
  readonly to: number | null;
  /** Where the file ends; null: not known. Anything behind it is excess. */
  readonly total: number | null;
  /** Position at which the body ends; null: it says so itself. */
  readonly ends: number | null;
  /** What the partial holds right before `from`; the body must repeat it. */
  readonly expected?: Uint8Array;
  /** Refuse a page in the place of the file. */
  readonly sniff: boolean;
}

/**
 * One answer's body on its way into the file. `done` resolves when the body has ended as its framing
 * says, or at `to`; rejects with a `Failure`, at once or after what came before it was put.
 */
export class Lane implements BodySink {
  readonly done: Promise<void>;
  readonly #job: LaneJob;
  readonly #put: Put;
  readonly #settle: { readonly resolve: () => void; readonly reject: (failure: Failure) => void };
  #position: number;
  #to: number | null;
  #beginning = '';
  #sniffing: boolean;

  constructor(job: LaneJob, put: Put) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
    this.#job = job;
    this.#put = put;
    this.#position = job.at;
    this.#to = job.to;
    this.#sniffing = job.at === 0;
  }

  /** Where the next byte belongs. */
  get position(): number {
    return this.#position;
  }

  /** Another connection takes over what lies at or behind `to`, or gives it back. Never before `position`. */
  endAt(to: number): void {
    this.#to = to;
    if (this.#isBeyondSoon) this.#beyond();
  }

  /** Ends it where it stands: the connection is closed and `done` rejects with `reason`. */
  stop(reason: Failure): void {
    this.#job.answer.abandon();
    this.#settle.reject(reason);
  }

  bytes(buffer: Uint8Array, offset: number, length: number): void {
    if (this.#sniffing) this.#sniff(buffer, offset, length);
    const { from } = this.#job;
    const to = this.#to;
    const position = this.#position;
    let skipped = 0;
    if (position < from) {
      skipped = Math.min(length, from - position);
      this.#compare(buffer, offset, skipped, position);
    }
    const room = to === null ? length - skipped : Math.max(0, to - position - skipped);
    const taken = Math.min(length - skipped, room);
    if (taken > 0) this.#put(buffer, offset + skipped, taken, position + skipped);
    this.#position = position + skipped + taken;
    if (skipped + taken < length || this.#isBeyondSoon) this.#beyond();
  }

  end({ excess }: { readonly excess: boolean }): void {
    const refusal = this.#sniffing ? this.#refusal() : undefined;
    if (refusal) {
      this.#settle.reject(refusal);
    } else if (excess) {
      this.#settle.reject(this.#excess());
    } else if (this.#job.expected && this.#position < this.#job.from) {
      this.#settle.reject(
        new Failure('network', `${this.#job.answer.place} sent less than the part that was asked for`),
      );
    } else {
      this.#settle.resolve();
    }
  }

  fail(failure: Failure): void {
    const complete = this.#to !== null && this.#position >= this.#to && failure.class === 'network';
    if (complete) this.#settle.resolve();
    else this.#settle.reject(failure);
  }

  /** The server sends more than was asked for: a legal whole behind a bounded range, or an error behind the end. */
  #beyond(): void {
    if (this.#isLast) throw this.#excess();
    this.#job.answer.abandon();
    this.#settle.resolve();
  }

  /** What is wanted is here, and the body goes on behind it. */
  get #isBeyondSoon(): boolean {
    return this.#to !== null && this.#position >= this.#to && !this.#isLast && this.#job.ends !== this.#to;
  }

  get #isLast(): boolean {
    return this.#to !== null && this.#to === this.#job.total;
  }

  #excess(): Failure {
    return new Failure('protocol', `${this.#job.answer.place} sent more bytes than the file has`);
  }

  #compare(buffer: Uint8Array, offset: number, length: number, position: number): void {
    const { expected, from } = this.#job;
    if (!expected) return;
    const start = from - expected.length;
    const begin = Math.max(position, start);
    const end = position + length;
    if (begin >= end) return;
    const got = Buffer.from(buffer.buffer, buffer.byteOffset + offset + begin - position, end - begin);
    if (got.equals(expected.subarray(begin - start, end - start))) return;
    throw new Failure('changed', 'the file on the server is another one than before: what is here already differs');
  }

  #sniff(buffer: Uint8Array, offset: number, length: number): void {
    const wanted = Math.min(length, sniffedBytes - this.#beginning.length);
    this.#beginning += Buffer.from(buffer.buffer, buffer.byteOffset + offset, wanted).toString('latin1');
    const refusal = this.#refusal();
    if (refusal) throw refusal;
    if (this.#beginning.length >= sniffedBytes) this.#sniffing = false;
  }

  /** What began is no file that anybody wants as it is. */
  #refusal(): Failure | undefined {
    const { answer, sniff } = this.#job;
    if (streamKind(this.#beginning)) return streamFailure(answer.place);
    return sniff && looksLikePage(this.#beginning) ? pageFailure(answer.place) : undefined;
  }
}
