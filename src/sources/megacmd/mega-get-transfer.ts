import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { workFolderFor } from '../../disk/temporary.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import type { FetchRequest, Transfer, TransferEnd, TransferLimits, TransferProgress } from '../source.ts';
import { untilClosed } from '../until-closed.ts';
import { appeared, bytesOf, listingOf } from './appeared.ts';
import { endTransfers } from './end-transfers.ts';
import type { MegaProgress } from './progress.ts';
import { runMegaGet } from './run-mega-get.ts';
import { verdictOn } from './verdict.ts';

export interface MegaGetParts {
  readonly program: string;
  readonly link: string;
  /** Ms. */
  readonly idleTimeout: number;
  readonly clock: Clock;
  readonly disk: Disk;
}

/**
 * One run of mega-get, in a folder of its own inside the work folder of the partial. Nothing of it is durable before its
 * end, which tells the files it has brought (`found`). `source.ts` has the promises.
 */
export class MegaGetTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: MegaGetParts;
  readonly #request: FetchRequest;
  readonly #closing = new AbortController();
  readonly #running: Promise<TransferEnd>;
  /** Obeys the lease: a successor may be at work in the same place. */
  readonly #disk: Disk;
  readonly #work: string;
  #progress: MegaProgress | undefined;
  #isOver = false;
  #hasFound = false;

  constructor(parts: MegaGetParts, request: FetchRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#disk = leasedDisk(parts.disk, request.deadline, parts.clock);
    this.#work = workFolderFor(request.targets[0]?.path ?? '');
    this.#running = this.#run();
    this.done = untilClosed(this.#running, this.#closing.signal);
  }

  async flush() {
    return [];
  }

  progress(): TransferProgress {
    const { bytes = 0, totalBytes } = this.#progress ?? {};
    return { bytes, connections: this.#isOver ? 0 : 1, ...(totalBytes === undefined ? {} : { totalBytes }) };
  }

  tune({ rate = 0 }: TransferLimits): void {
    if (rate > 0)
      this.#request.onNote?.('mega-get has one limit for all it fetches (mega-speedlimit); this one does not count');
  }

  nudge(): void {
    this.#request.onNote?.('mega-get opens its connections as it likes; it cannot be told to do so');
  }

  /** What was found stays for whoever takes it over. */
  async close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    await this.#running.catch(() => {});
    if (!this.#hasFound) await this.#disk.removeTree(this.#work).catch(() => {});
  }

  async #run(): Promise<TransferEnd> {
    const { clock, link, program, idleTimeout } = this.#parts;
    const disk = this.#disk;
    const { signal } = this.#closing;
    const folder = join(this.#work, String(clock.now()));
    try {
      await this.#checkTarget();
      await onDisk(folder, async () => {
        // Of a run that was killed: another mega-get begins anew beside it.
        await endTransfers(program, this.#work);
        await disk.removeTree(this.#work);
        await disk.makeDirectory(folder);
      });
      const before = await listingOf(disk, folder);
      const mark = async () => bytesOf(await listingOf(disk, folder));
      const onProgress = (progress: MegaProgress) => {
        this.#progress = progress;
      };
      const run = { program, link, folder, idleTimeout, clock, mark, onProgress };
      const end = await runMegaGet(run, signal).catch(async (error: unknown) => {
        await endTransfers(program, folder);
        throw error;
      });
      const found = appeared(before, await listingOf(disk, folder), folder);
      const failure = verdictOn({ ...end, files: found.length }, clock.now());
      if (failure) throw failure;
      const totalBytes = found.reduce((sum, { size }) => sum + size, 0);
      this.#progress = { bytes: totalBytes, totalBytes };
      this.#hasFound = true;
      return { files: [], found: { files: found, integrity: 'length', resumeToken: tokenOf(found) } };
    } finally {
      this.#isOver = true;
    }
  }

  async #checkTarget(): Promise<void> {
    const path = this.#request.targets[0]?.path ?? '';
    const facts = await onDisk(path, () => this.#disk.facts(path));
    if (!facts) throw new Failure('disk', `${path} is gone; longhaul retry starts it over`);
  }
}

function tokenOf(found: readonly { path: string; size: number; main: boolean }[]) {
  return { found: found.map(({ path, size, main }) => ({ path, size, main })) };
}
