import type { Disk, OpenFile } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { inLanes } from '../../disk/in-lanes.ts';

/** Files that are held open at the same time. A torrent may have a hundred thousand. */
const mostOpen = 64;
/** Files that are synced at the same time; fewer than are held open, as they stay so while they are. */
const syncsAtOnce = 16;

/**
 * The files of a torrent, opened when they are needed. What was written and not yet synced is known by path, so that a
 * file may be closed before: syncing it later by another descriptor makes the same bytes durable (fdatasync is of the
 * file, not of the descriptor). Throws `Failure` (disk, no_space, lost).
 */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #how: 'read' | undefined;
  /** In the order of use, the oldest first. */
  readonly #open = new Map<string, OpenFile>();
  /** Reads and syncs that run on a file: it is not closed under them. */
  readonly #busy = new Map<string, number>();
  #unsynced = new Set<string>();

  /** `disk`: one that obeys the lease, if there is one. `how`: nothing is to be written. */
  constructor(disk: Disk, how?: 'read') {
    this.#disk = disk;
    this.#how = how;
  }

  write(path: string, buffer: Uint8Array, offset: number, length: number, position: number): void {
    try {
      this.#take(path).write(buffer, offset, length, position);
    } catch (error) {
      throw diskFailure(error, path);
    }
    this.#unsynced.add(path);
  }

  /** Fills `into`; what lies behind the end of the file stays as it is. Returns the bytes read. */
  async read(path: string, into: Uint8Array, position: number): Promise<number> {
    return this.#hold(path, (file) => file.read(into, 0, into.length, position));
  }

  /** Makes all that was written before durable. When one fails, none of what was written since the last time counts. */
  async sync(): Promise<void> {
    const paths = this.#unsynced;
    this.#unsynced = new Set();
    await inLanes([...paths], syncsAtOnce, (path) => this.#hold(path, (file) => file.syncData()));
  }

  /** Opens it to see that it is there. */
  open(path: string): void {
    try {
      this.#take(path);
    } catch (error) {
      throw diskFailure(error, path);
    }
  }

  async cutTo(path: string, size: number): Promise<void> {
    await this.#hold(path, async (file) => {
      if ((await file.size()) > size) await file.truncate(size);
    });
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  async #hold<T>(path: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
    this.#busy.set(path, (this.#busy.get(path) ?? 0) + 1);
    try {
      return await work(this.#take(path));
    } catch (error) {
      throw diskFailure(error, path);
    } finally {
      const left = (this.#busy.get(path) ?? 1) - 1;
      if (left === 0) this.#busy.delete(path);
      else this.#busy.set(path, left);
    }
  }

  #take(path: string): OpenFile {
    const known = this.#open.get(path);
    const file = known ?? (this.#how ? this.#disk.open(path, this.#how) : this.#disk.open(path));
    this.#open.delete(path);
    this.#open.set(path, file);
    if (!known) this.#closeOldest();
    return file;
  }

  #closeOldest(): void {
    for (const [path, file] of this.#open) {
      if (this.#open.size <= mostOpen) return;
      if (this.#busy.has(path)) continue;
      this.#open.delete(path);
      // What it held and was not synced is synced by another descriptor.
      file.close().catch(() => {});
    }
  }
}
