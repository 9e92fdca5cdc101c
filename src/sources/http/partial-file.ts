import type { OpenFile } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import { bytesIn, normalRanges, type Range } from '../../downloads/ranges.ts';
import type { RunningDigest } from './digests.ts';

/** Slices below `directBytes` are gathered into writes of this size: one write a slice costs four times the CPU. */
const gatherBytes = 256 * 1024;
const directBytes = 64 * 1024;

/** One buffer for all files of a thread: whoever needs it next first writes out what the last one left in it. */
let gathered: Buffer | undefined;
let owner: PartialFile | undefined;

/**
 * A partial being written: gathers small slices, knows what stands written and what is durable.
 * After an error it writes no more and says so on every further write.
 */
export class PartialFile {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #digest: RunningDigest | undefined;
  #digested = 0;
  #durable: Range[];
  /** Written by this run before the present stretch. */
  #written: Range[] = [];
  /** The present stretch, including what is still gathered. */
  #from = 0;
  #to = 0;
  /** Bytes at the end of the stretch that stand in the shared buffer only. */
  #gathered = 0;
  #bytes: number;
  #failure: Failure | undefined;
  /** A sync has failed, or the file is closed: what is not durable by now never will be. */
  #lost = false;
  #syncing: Promise<void> | undefined;

  /** `digest` is fed with what is written in order from 0, as long as it is in order. */
  constructor(file: OpenFile, path: string, durable: readonly Range[], digest: RunningDigest | undefined) {
    this.#file = file;
    this.#path = path;
    this.#durable = normalRanges(durable);
    this.#bytes = bytesIn(durable);
    this.#digest = durable.length === 0 ? digest : undefined;
  }

  /** All bytes that have been written or are about to be, durable or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What stands in the file, durable or not. */
  get ranges(): Range[] {
    return normalRanges([...this.#durable, ...this.#written, [this.#from, this.#to]]);
  }

  /** The digest of the whole, if all of `size` bytes passed in order; undefined otherwise. Once. */
  digestOf(size: number): string | undefined {
    return this.#digest && this.#digested === size ? this.#digest.result() : undefined;
  }

  /** Takes bytes for `position`; done with the buffer when it returns. Throws `Failure`. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): void {
    if (position !== this.#to) this.#beginStretch(position);
    if (length >= directBytes) {
      this.settle();
      if (!this.#failure) this.#writeOut(buffer, offset, length, position);
    }
    if (this.#failure) throw this.#failure;
    if (length < directBytes) this.#gather(buffer, offset, length);
    this.#to += length;
    this.#bytes += length;
    if (this.#digest && position === this.#digested) {
      this.#digest.update(buffer, offset, length);
      this.#digested += length;
    }
    if (this.#gathered > gatherBytes - directBytes) this.settle();
  }

  /** Writes out what is gathered. Never throws: an error is told by the next write and by `failure`. */
  settle(): void {
    if (this.#gathered === 0 || !gathered) return;
    const length = this.#gathered;
    this.#gathered = 0;
    owner = undefined;
    this.#writeOut(gathered, 0, length, this.#to - length);
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * Makes what is written durable and returns all durable ranges. After a failed sync nothing since the
   * last good one ever counts; the failure is told by `failure`.
   */
  async flush(): Promise<readonly Range[]> {
    this.settle();
    if (this.#lost) return this.#durable;
    const written = this.ranges;
    this.#syncing = this.#file.syncData();
    try {
      await this.#syncing;
      this.#durable = written;
    } catch (error) {
      this.#lost = true;
      this.#fail(error);
    } finally {
      this.#syncing = undefined;
    }
    return this.#durable;
  }

  /** Bytes of `[from, to)` as they stand in the file. Throws `Failure`. */
  async read(from: number, to: number): Promise<Uint8Array> {
    this.settle();
    const bytes = Buffer.alloc(to - from);
    try {
      const got = await this.#file.read(bytes, 0, bytes.length, from);
      return bytes.subarray(0, got);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Cuts off what lies behind `size`. Throws `Failure`. */
  async cutTo(size: number): Promise<void> {
    try {
      if ((await this.#file.size()) > size) await this.#file.truncate(size);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** What is only gathered is dropped: it was never told to be there. Safe to call twice. */
  async close(): Promise<void> {
    this.#failure ??= new Failure('internal', 'the partial is closed');
    this.#lost = true;
    this.#gathered = 0;
    if (owner === this) owner = undefined;
    await this.#syncing?.catch(() => {});
    await this.#file.close();
  }

  #gather(buffer: Uint8Array, offset: number, length: number): void {
    gathered ??= Buffer.allocUnsafeSlow(gatherBytes);
    if (owner !== this) {
      owner?.settle();
      owner = this;
    }
    gathered.set(
      offset === 0 && length === buffer.length ? buffer : buffer.subarray(offset, offset + length),
      this.#gathered,
    );
    this.#gathered += length;
  }

  #beginStretch(position: number): void {
    this.settle();
    this.#written = normalRanges([...this.#written, [this.#from, this.#to]]);
    this.#from = position;
    this.#to = position;
  }

  /** On an error the stretch ends before the bytes that could not be written. */
  #writeOut(buffer: Uint8Array, offset: number, length: number, position: number): void {
    try {
      this.#file.write(buffer, offset, length, position);
    } catch (error) {
      this.#bytes -= Math.max(0, this.#to - position);
      this.#to = position;
      this.#fail(error);
    }
  }

  #fail(error: unknown): Failure {
    this.#failure ??= asFailure(diskFailure(error, this.#path));
    return this.#failure;
  }
}
