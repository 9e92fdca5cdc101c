import type { Disk, OpenFile } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { contiguousFromStart, normalRanges, type Range } from '../../downloads/ranges.ts';
import type { FfmpegPrograms } from '../../ffmpeg/programs.ts';
import type { FfmpegParts } from '../../ffmpeg/run.ts';
import { OneStreamTransfer } from '../one-stream/one-stream-transfer.ts';
import type {
  FetchRequest,
  FetchTarget,
  FileRanges,
  FinishedFile,
  Transfer,
  TransferEnd,
  TransferLimits,
  TransferProgress,
} from '../source.ts';
import { untilClosed } from '../until-closed.ts';
import { PieceFetcher, type PieceParts } from './pieces.ts';
import { lookAtStored, missingPieces, type Stored } from './pieces-in-order.ts';
import { durationOf, type PlannedPiece, piecesOf, type StreamPlan } from './plan.ts';
import { putTogether } from './put-together.ts';
import { headBytes, readHead } from './records.ts';

export interface StreamParts {
  readonly disk: Disk;
  readonly ffmpeg: FfmpegParts;
  readonly pieces: Pick<PieceParts, 'asker' | 'clock' | 'idleTimeout'>;
  readonly atOnce: number;
  /** Permissions of the result. */
  readonly mode: number;
  findPrograms(): Promise<FfmpegPrograms>;
}

/**
 * Fetches the pieces of a stream into the partial, one behind the other, then puts them together in its place;
 * `source.ts` has the promises. A partial that does not begin with a piece was put together by an earlier run.
 */
export class StreamTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: StreamParts;
  readonly #request: FetchRequest;
  readonly #target: FetchTarget;
  readonly #planned: readonly PlannedPiece[];
  readonly #duration: number;
  readonly #disk: Disk;
  readonly #running: Promise<TransferEnd>;
  readonly #closing = new AbortController();
  #bytes: OneStreamTransfer | undefined;
  #ranges: readonly Range[];
  #media = 0;
  #limits: TransferLimits = {};

  constructor(parts: StreamParts, request: FetchRequest, target: FetchTarget) {
    const plan = request.manifest.plan as StreamPlan;
    this.#parts = parts;
    this.#request = request;
    this.#target = target;
    this.#planned = piecesOf(plan);
    this.#duration = durationOf(plan);
    this.#disk = leasedDisk(parts.disk, request.deadline, parts.pieces.clock);
    this.#ranges = normalRanges(target.durable);
    this.#running = this.#run().then((file) => ({ files: [file] }));
    this.done = untilClosed(this.#running, this.#closing.signal);
  }

  async flush(): Promise<readonly FileRanges[]> {
    const flushed = await this.#bytes?.flush();
    this.#ranges = flushed?.[0]?.ranges ?? this.#ranges;
    return [{ position: this.#target.position, ranges: this.#ranges }];
  }

  progress(): TransferProgress {
    const { bytes, connections } = this.#bytes?.progress() ?? {
      bytes: contiguousFromStart(this.#ranges),
      connections: 0,
    };
    return { bytes, connections, media: { current: this.#media, total: this.#duration } };
  }

  tune(limits: TransferLimits): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#bytes?.tune(limits);
  }

  nudge(): void {
    this.#bytes?.nudge();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    await this.#bytes?.close();
    await this.#running.catch(() => {});
  }

  async #run(): Promise<FinishedFile> {
    const { path, position } = this.#target;
    // Before a byte is fetched: a day's stream that nobody can put together would be of no use.
    const programs = await this.#parts.findPrograms();
    return onDisk(path, async () => {
      const file = this.#disk.open(path);
      try {
        const size = (await isPutTogether(file)) ? await file.size() : await this.#make(file, programs);
        this.#media = this.#duration;
        // It was synced before it took the partial's place, perhaps by a run that could not say so any more.
        this.#ranges = [[0, size]];
        return { position, size, integrity: 'length' as const };
      } finally {
        await file.close();
      }
    });
  }

  async #make(file: OpenFile, programs: FfmpegPrograms): Promise<number> {
    const stored = await lookAtStored(file, this.#planned, contiguousFromStart(this.#ranges));
    this.#media = stored.duration;
    if (stored.count < this.#planned.length) await this.#fetch(file, stored);
    const { path } = this.#target;
    const { ffmpeg, mode } = this.#parts;
    const parts = { ...ffmpeg, disk: this.#disk };
    // What is shown stays: only the last moments are spent here.
    const onProgress = () => {};
    return putTogether(
      { ...{ ffmpeg: parts, programs, path, file, mode, onProgress }, duration: this.#duration },
      this.#closing.signal,
    );
  }

  async #fetch(file: OpenFile, stored: Stored): Promise<void> {
    const { pieces, atOnce } = this.#parts;
    const { link } = this.#request.manifest.plan as StreamPlan;
    const fetcher = new PieceFetcher({ ...pieces, link, options: this.#request.options });
    const plan = { fetcher, planned: this.#planned, atOnce, file };
    const heard = (piece: PlannedPiece) => {
      this.#media += piece.duration;
    };
    const open = async function* (from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
      const there = from === stored.end ? stored : await lookAtStored(file, plan.planned, from);
      yield* missingPieces(plan, there, from, heard, signal);
    };
    // A piece that was begun is fetched anew, and the idle time looked at where its bytes arrive.
    const target = { ...this.#target, size: null, durable: stored.end > 0 ? [[0, stored.end] as const] : [] };
    const parts = { disk: this.#parts.disk, clock: pieces.clock, idleTimeout: Number.MAX_SAFE_INTEGER, open };
    const bytes = new OneStreamTransfer(parts, this.#request, target);
    this.#bytes = bytes;
    bytes.tune(this.#limits);
    try {
      await Promise.race([bytes.done, untilAborted(this.#closing.signal)]);
    } finally {
      // Also after a failure: what came is told when the engine asks for the last time.
      this.#ranges = (await bytes.flush())[0]?.ranges ?? this.#ranges;
      await bytes.close();
      this.#bytes = undefined;
    }
  }
}

async function isPutTogether(file: OpenFile): Promise<boolean> {
  const size = await file.size();
  const buffer = Buffer.alloc(headBytes);
  const read = await file.read(buffer, 0, headBytes, 0);
  return size >= headBytes && !buffer.subarray(0, read).every((byte) => byte === 0) && readHead(buffer) === undefined;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}
