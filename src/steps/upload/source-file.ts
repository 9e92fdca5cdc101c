import { createHash } from 'node:crypto';
import type { Disk, FileFacts, OpenFile } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { Failure } from '../../downloads/failure.ts';
import type { RequestBody } from '../../net/send-body.ts';

export interface BodyForm {
  /** The part of the file, bytes; left out: all of it. */
  readonly from?: number;
  readonly to?: number;
  /** What stands before and behind it. */
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
  /** Awaited before the last byte is given away. */
  readonly beforeLast?: () => Promise<void>;
}

const portion = 1 << 20;
const nothing = new Uint8Array(0);

/**
 * A file that is being read to be sent: the same as when it was opened, from the first byte to the last, or a
 * `Failure('changed')` before the last byte is given away. Two buffers serve all that is read of it, so one body or
 * digest is made at a time.
 */
export class SourceFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Another one whenever the file may be another one. */
  readonly stamp: string;
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #buffers: Buffer[] = [];

  private constructor(disk: Disk, path: string, facts: FileFacts, file: OpenFile) {
    this.path = path;
    this.size = facts.size;
    this.stamp = stampOf(facts);
    this.#disk = disk;
    this.#file = file;
  }

  /** Throws `Failure('disk')`. */
  static async open(disk: Disk, path: string): Promise<SourceFile> {
    return onDisk(path, async () => {
      const facts = await disk.facts(path);
      if (!facts) throw new Failure('disk', `${path} is gone, so it cannot be uploaded`);
      if (!facts.isFile) throw new Failure('disk', `${path} is not a file, so it cannot be uploaded`);
      return new SourceFile(disk, path, facts, disk.open(path, 'read'));
    });
  }

  /** A body for one request. */
  body({ from = 0, to = this.size, before = nothing, after = nothing, beforeLast }: BodyForm = {}): RequestBody {
    const length = before.length + (to - from) + after.length;
    const pieces = [before, after].map((piece) => piece.length);
    const fileEnd = (pieces[0] ?? 0) + to - from;
    let at = 0;
    let turn = 0;
    return {
      length,
      next: async (most) => {
        if (at >= length) return undefined;
        const bytes = await this.#piece(at, { before, after, fileEnd, from }, Math.min(most, portion), turn);
        turn = 1 - turn;
        at += bytes.length;
        if (at === length) {
          await this.checkUnchanged();
          await beforeLast?.();
        }
        return bytes;
      },
    };
  }

  /** The digest of a part of it, `[from, to)` in bytes. */
  async digest(algorithm: string, from: number, to: number, signal: AbortSignal): Promise<Buffer> {
    const hash = createHash(algorithm);
    for (let at = from; at < to; ) {
      signal.throwIfAborted();
      const bytes = await this.#read(at, Math.min(portion, to - at), 0);
      hash.update(bytes);
      at += bytes.length;
    }
    return hash.digest();
  }

  /** Throws `Failure('changed')` when somebody wrote to it, or put another one in its place. */
  async checkUnchanged(): Promise<void> {
    const facts = await onDisk(this.path, () => this.#disk.facts(this.path));
    if (!facts || stampOf(facts) !== this.stamp) throw changed(this.path);
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #piece(
    at: number,
    form: { readonly before: Uint8Array; readonly after: Uint8Array; readonly fileEnd: number; readonly from: number },
    most: number,
    turn: number,
  ): Promise<Uint8Array> {
    const { before, after, fileEnd, from } = form;
    if (at < before.length) return before.subarray(at, at + most);
    if (at >= fileEnd) return after.subarray(at - fileEnd, at - fileEnd + most);
    return this.#read(from + at - before.length, Math.min(most, fileEnd - at), turn);
  }

  async #read(position: number, length: number, turn: number): Promise<Buffer> {
    this.#buffers[turn] ??= Buffer.allocUnsafeSlow(portion);
    const buffer = this.#buffers[turn];
    const got = await onDisk(this.path, () => this.#file.read(buffer, 0, length, position));
    if (got < length) throw changed(this.path);
    return buffer.subarray(0, length);
  }
}

function stampOf({ size, modifiedAt, inode }: FileFacts): string {
  return `${size} ${modifiedAt} ${inode}`;
}

function changed(path: string): Failure {
  return new Failure('changed', `${path} was changed while it was uploaded; it is sent anew`);
}
