import type { Disk } from '../../disk/disk.ts';
import { type Headroom, spaceOn } from '../../disk/space.ts';
import { Failure } from '../../downloads/failure.ts';
import { suspect } from './entry.ts';

export interface Limits {
  readonly max_bytes: number | 'off';
  readonly max_entries: number;
  readonly max_ratio: number;
}

/** Below this many bytes no ratio is a danger. */
const harmless = 100_000_000;
const lookEvery = 64 * 1024 * 1024;

/** What one archive may still become. What it says of itself is held against the same limits as what it turns out to be. */
export class Budget {
  readonly #limits: Limits;
  readonly #packed: number;
  readonly #space: () => Promise<{ readonly free: number; readonly headroom: number }>;
  #entries = 0;
  #bytes = 0;
  #looked = 0;

  /** `packed`: bytes of the archive; `folder`: where it is extracted. */
  constructor(
    limits: Limits,
    packed: number,
    { disk, folder, headroom }: { disk: Disk; folder: string; headroom: Headroom },
  ) {
    this.#limits = limits;
    this.#packed = packed;
    this.#space = () => spaceOn(disk, folder, headroom);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Before the first byte; `there`: so many of them are on the disk already. Throws `Failure` (suspect, no_space). */
  async declare(bytes: number, there: number): Promise<void> {
    this.#judge(bytes);
    await this.#look(bytes - there);
  }

  entry(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.max_entries) {
      throw suspect(`holds more than ${this.#limits.max_entries} entries (extract.max_entries)`);
    }
  }

  /** Before these bytes are written. Throws `Failure` (suspect, no_space). */
  async spend(bytes: number): Promise<void> {
    this.#bytes += bytes;
    this.#judge(this.#bytes);
    if (this.#bytes - this.#looked < lookEvery) return;
    this.#looked = this.#bytes;
    await this.#look(0);
  }

  #judge(bytes: number): void {
    const { max_bytes, max_ratio } = this.#limits;
    if (max_bytes !== 'off' && bytes > max_bytes)
      throw suspect(`holds more than ${max_bytes} bytes (extract.max_bytes)`);
    if (bytes > harmless && bytes > max_ratio * this.#packed) {
      throw suspect(`becomes more than ${max_ratio} times its own size, as a bomb does (extract.max_ratio)`);
    }
  }

  async #look(needed: number): Promise<void> {
    const { free, headroom } = await this.#space();
    if (free - headroom >= needed) return;
    throw new Failure('no_space', 'needs more room than there is; it goes on by itself when there is space');
  }
}
