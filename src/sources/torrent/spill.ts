import type { Disk, OpenFile } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';

/** Before each piece stands its number, in 8 bytes, so that the file explains itself. */
const headBytes = 8;

/**
 * Pieces at the border between a file that is wanted and one that is not, whole, one behind the other in a file of our
 * own: without them such a piece could neither be proved again nor sent to others. It is created with the first.
 */
export class Spill {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #slotBytes: number;
  readonly #slots = new Map<number, number>();
  #count = 0;
  #file: OpenFile | undefined;
  #unsynced = false;

  constructor(disk: Disk, path: string, pieceLength: number) {
    this.#disk = disk;
    this.#path = path;
    this.#slotBytes = headBytes + pieceLength;
  }

  /** Reads which pieces are there. What cannot be read is as good as not there. */
  async load(): Promise<void> {
    try {
      if (!(await this.#disk.facts(this.#path))) return;
      const file = this.#disk.open(this.#path);
      this.#file = file;
      this.#count = Math.ceil((await file.size()) / this.#slotBytes);
      const head = Buffer.alloc(headBytes);
      for (let slot = 0; slot < this.#count; slot += 1) {
        await file.read(head, 0, headBytes, slot * this.#slotBytes);
        this.#slots.set(Number(head.readBigUInt64LE()), slot);
      }
    } catch {
      this.#slots.clear();
    }
  }

  /** Throws `Failure` (disk, no_space, lost). */
  write(piece: number, bytes: Uint8Array): void {
    try {
      this.#file ??= this.#disk.create(this.#path, 0o600);
      const known = this.#slots.get(piece);
      const slot = known ?? this.#count;
      const head = Buffer.alloc(headBytes);
      head.writeBigUInt64LE(BigInt(piece));
      this.#file.write(head, 0, headBytes, slot * this.#slotBytes);
      this.#file.write(bytes, 0, bytes.length, slot * this.#slotBytes + headBytes);
      if (known === undefined) this.#count += 1;
      this.#slots.set(piece, slot);
      this.#unsynced = true;
    } catch (error) {
      throw diskFailure(error, this.#path);
    }
  }

  /** Fills `into` with the bytes from `offset` of the piece; leaves it as it is where the piece is not there. */
  async read(piece: number, into: Uint8Array, offset: number): Promise<void> {
    const slot = this.#slots.get(piece);
    if (slot === undefined || !this.#file) return;
    await this.#file.read(into, 0, into.length, slot * this.#slotBytes + headBytes + offset);
  }

  async sync(): Promise<void> {
    if (!this.#unsynced || !this.#file) return;
    this.#unsynced = false;
    await this.#file.syncData();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
