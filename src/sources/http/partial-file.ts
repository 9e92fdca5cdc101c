import type { FileFacts, OpenFile } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import { bytesIn, normalRanges, type Range } from '../../downloads/ranges.ts';
import type { RunningDigest } from './digests.ts';
import { PartialWriter, type Place } from './partial-writer.ts';

const digestBytes = 1 << 20;
/** Made once: every partial is closed, and the trace of an error is not cheap. */
const isClosed = new Failure('internal', 'the partial is closed');

/**
 * A partial being written, by one writer for each connection. Knows what stands written and what is
 * durable. After an error nothing is written any more, and every further write says so.
 */
export class PartialFile implements Place {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #digest: RunningDigest | undefined;
  #digested = 0;
  #durable: Range[];
  /** Written by writers that have ended. */
  #written: Range[] = [];
  readonly #writers = new Set<PartialWriter>();
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

  /** What stands in the file or is gathered for it, durable or not. */
  get ranges(): Range[] {
    return normalRanges([...this.#durable, ...this.#written, ...[...this.#writers].map((writer) => writer.range)]);
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Begins to write at `position`; `end` it. No two writers ever write the same bytes. */
  writer(position: number): PartialWriter {
    const writer = new PartialWriter(this, position);
    this.#writers.add(writer);
    return writer;
  }

  /** Writes out what all writers have gathered. Never throws: an error is told by the next write and by `failure`. */
  settle(): void {
    for (const writer of this.#writers) writer.settle();
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
      this.fail(error);
    } finally {
      this.#syncing = undefined;
    }
    return this.#durable;
  }

  /** Bytes of `[from, to)` as they stand in the file. Throws `Failure`. */
  async read(from: number, to: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(to - from);
    return bytes.subarray(0, await this.#fill(bytes, from, to));
  }

  /** Cuts off what lies behind `size`. Throws `Failure`. */
  async cutTo(size: number): Promise<void> {
    try {
      if ((await this.#file.size()) > size) await this.#file.truncate(size);
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Makes all of the file durable, `size` bytes and no more, and tells how it is then. Throws `Failure`. */
  async syncWhole(size: number): Promise<FileFacts> {
    this.settle();
    if (this.#failure) throw this.#failure;
    try {
      const before = await this.#file.facts();
      if (before.size > size) await this.#file.truncate(size);
      await this.#file.sync();
      return before.size > size ? await this.#file.facts() : before;
    } catch (error) {
      this.#lost = true;
      throw this.fail(error);
    }
  }

  /** The digest of the whole of `size` bytes; what did not pass in order is read again. Undefined when none is wanted. */
  async digestOf(size: number): Promise<string | undefined> {
    if (!this.#digest) return undefined;
    if (this.#digested >= size) return this.#digest.result();
    // One block is digested while the next is read.
    let [block, ahead] = [Buffer.allocUnsafeSlow(digestBytes), Buffer.allocUnsafeSlow(digestBytes)];
    let reading = this.#fill(block, this.#digested, size);
    while (this.#digested < size) {
      const length = await reading;
      if (length === 0) return undefined;
      reading = this.#fill(ahead, this.#digested + length, size);
      this.#digest.update(block, 0, length);
      this.#digested += length;
      [block, ahead] = [ahead, block];
    }
    return this.#digest.result();
  }

  /** What is only gathered is dropped: it was never told to be there. Safe to call twice. */
  async close(): Promise<void> {
    this.#failure ??= isClosed;
    this.#lost = true;
    for (const writer of this.#writers) writer.drop();
    await this.#syncing?.catch(() => {});
    await this.#file.close();
  }

  /** For writers: bytes have come in. */
  took(buffer: Uint8Array, offset: number, length: number, position: number): void {
    this.#bytes += length;
    if (!this.#digest || position !== this.#digested) return;
    this.#digest.update(buffer, offset, length);
    this.#digested += length;
  }

  /** For writers: puts bytes on disk; false when that failed, now or before. */
  put(buffer: Uint8Array, length: number, offset: number, position: number): boolean {
    if (this.#failure) return false;
    try {
      this.#file.write(buffer, offset, length, position);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** For writers: it has ended; bytes that it could not put do not count. */
  ended(writer: PartialWriter): void {
    this.#writers.delete(writer);
    this.#written = normalRanges([...this.#written, writer.range]);
  }

  /** For writers: bytes that came in did not get onto the disk. */
  gaveUp(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** After an error of the disk itself what it took since the last good sync counts no more, even if a later sync succeeds. */
  fail(error: unknown): Failure {
    this.#failure ??= asFailure(diskFailure(error, this.#path));
    if (this.#failure.class === 'disk') this.#lost = true;
    return this.#failure;
  }

  /** How many bytes of `[from, end)` it read. Throws `Failure`. */
  async #fill(block: Uint8Array, from: number, end: number): Promise<number> {
    this.settle();
    const length = Math.min(block.length, end - from);
    if (length <= 0) return 0;
    try {
      return await this.#file.read(block, 0, length, from);
    } catch (error) {
      throw this.fail(error);
    }
  }
}
