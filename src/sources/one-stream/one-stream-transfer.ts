import type { Disk, OpenFile } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesIn, contiguousFromStart, normalRanges, type Range } from '../../downloads/ranges.ts';
import type { Clock } from '../../time/clock.ts';
import { RateLimit } from '../http/flow.ts';
import type {
  FetchRequest,
  FetchTarget,
  FileRanges,
  Transfer,
  TransferEnd,
  TransferLimits,
  TransferProgress,
} from '../source.ts';
import { untilClosed } from '../until-closed.ts';

/** Opens the file at a position; what it yields must end when the signal is aborted. Throws `Failure`. */
export type OpenAt = (from: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export interface OneStreamParts {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Longest silence, ms. */
  readonly idleTimeout: number;
  readonly open: OpenAt;
}

const lookEvery = 1000;

/** A person asked for a new connection. */
class Nudged extends Failure {}

/** Fetches one file over one connection, from the end of what is durable; `source.ts` has the promises. */
export class OneStreamTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: OneStreamParts;
  readonly #request: FetchRequest;
  readonly #target: FetchTarget;
  readonly #limit: RateLimit;
  readonly #running: Promise<TransferEnd>;
  readonly #closing = new AbortController();
  #file: OpenFile | undefined;
  #stream: AbortController | undefined;
  #durable: readonly Range[];
  #begin: number;
  #position: number;
  /** Bytes of several connections, or of several runs, stand in the file: nothing proves that they belong together. */
  #joined: boolean;
  #lost = false;
  #syncing: Promise<void> | undefined;

  constructor(parts: OneStreamParts, request: FetchRequest, target: FetchTarget) {
    this.#parts = parts;
    this.#request = request;
    this.#target = target;
    this.#limit = new RateLimit(parts.clock);
    this.#durable = normalRanges(target.durable);
    this.#begin = contiguousFromStart(this.#durable);
    this.#position = this.#begin;
    this.#joined = bytesIn(this.#durable) > 0;
    this.#running = this.#run();
    this.done = untilClosed(this.#running, this.#closing.signal);
  }

  async flush(): Promise<readonly FileRanges[]> {
    const written = normalRanges([...this.#durable, [this.#begin, this.#position]]);
    if (this.#file && !this.#lost) {
      try {
        this.#syncing = this.#file.syncData();
        await this.#syncing;
        this.#durable = written;
      } catch (error) {
        this.#lost = true;
        this.#stream?.abort(diskFailure(error, this.#target.path));
      } finally {
        this.#syncing = undefined;
      }
    }
    return [{ position: this.#target.position, ranges: this.#durable }];
  }

  progress(): TransferProgress {
    const bytes = bytesIn(normalRanges([...this.#durable, [this.#begin, this.#position]]));
    return { bytes, connections: this.#stream ? 1 : 0 };
  }

  tune({ rate }: TransferLimits): void {
    if (rate !== undefined && rate !== this.#limit.rate) this.#limit.set(rate);
  }

  nudge(): void {
    this.#stream?.abort(new Nudged('network', 'the connection is opened again, as asked'));
  }

  async close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    this.#stream?.abort(this.#closing.signal.reason);
    await this.#running.catch(() => {});
    this.#lost = true;
    // A descriptor that is closed during its sync may be another file's when the sync comes to it.
    await this.#syncing?.catch(() => {});
    await this.#file?.close();
  }

  async #run(): Promise<TransferEnd> {
    const { path, position, size } = this.#target;
    const { disk, clock } = this.#parts;
    try {
      this.#file = leasedDisk(disk, this.#request.deadline, clock).open(path);
    } catch (error) {
      throw diskFailure(error, path);
    }
    if (size === null || this.#position < size) await this.#fetch(this.#file);
    const final = size ?? this.#position;
    if (this.#position < final) throw new Failure('network', 'the connection was closed before the end of the file');
    if ((await this.#file.size()) > final) await this.#file.truncate(final);
    await this.flush();
    if (this.#lost) throw new Failure('disk', `what was written to ${path} could not be made safe`);
    const integrity = size === null || this.#joined ? 'unverified' : 'length';
    return { files: [{ position, size: final, integrity }] };
  }

  async #fetch(file: OpenFile): Promise<void> {
    for (;;) {
      try {
        return await this.#stretch(file);
      } catch (error) {
        if (!(error instanceof Nudged) || this.#closing.signal.aborted) throw error;
        this.#joined = true;
        this.#request.onNote?.(error.message);
      }
    }
  }

  /** One connection's bytes, until it ends. */
  async #stretch(file: OpenFile): Promise<void> {
    const { clock, idleTimeout, open } = this.#parts;
    const stream = new AbortController();
    this.#stream = stream;
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    let heard = clock.monotonic();
    const stopLooking = clock.every(lookEvery, () => {
      if (clock.monotonic() - heard <= idleTimeout) return;
      stream.abort(new Failure('network', `the server sent nothing for ${idleTimeout / 1000} s`));
    });
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => {});
    stream.signal.addEventListener('abort', () => aborted.reject(stream.signal.reason));
    const portions = open(this.#position, stream.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = portions.next();
        next.catch(() => {});
        const { value, done } = await Promise.race([next, aborted.promise]);
        if (done) return;
        this.#write(file, value);
        // In steps, so that another limit holds soon.
        for (let wait = this.#limit.spend(value.length); wait > 0; wait = this.#limit.spend(0)) {
          await Promise.race([clock.sleep(Math.min(wait, lookEvery)), aborted.promise]);
          heard = clock.monotonic();
        }
        heard = clock.monotonic();
      }
    } finally {
      stopLooking();
      this.#stream = undefined;
      stream.abort(this.#closing.signal.reason ?? new Failure('internal', 'the stream has ended'));
      await portions.return?.().catch(() => {});
    }
  }

  #write(file: OpenFile, bytes: Uint8Array): void {
    const { size, path } = this.#target;
    if (size !== null && this.#position + bytes.length > size) {
      throw new Failure('changed', 'the server sends more bytes than the file has');
    }
    try {
      file.write(bytes, 0, bytes.length, this.#position);
    } catch (error) {
      throw diskFailure(error, path);
    }
    this.#position += bytes.length;
  }
}
