import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { createIn } from '../../disk/partial.ts';
import { Failure } from '../../downloads/failure.ts';
import { missingRanges, type Range } from '../../downloads/ranges.ts';
import type { Clock } from '../../time/clock.ts';
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
import type { Asker } from './asker.ts';
import { runningDigest } from './digests.ts';
import { RateLimit } from './flow.ts';
import type { HeldAnswers } from './held.ts';
import type { HostConnections } from './host-connections.ts';
import { integrityOf } from './integrity.ts';
import { Joiner } from './joiner.ts';
import { Mirrors } from './mirrors.ts';
import { PartialFile } from './partial-file.ts';
import type { HttpPlan } from './plan.ts';
import { Segments } from './segments.ts';

export interface Transferring {
  readonly asker: Asker;
  readonly held: HeldAnswers;
  readonly hosts: HostConnections;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly config: Config['http'];
}

/** Made once: every transfer is closed, and the trace of an error is not cheap. */
const isClosed = new Failure('internal', 'the transfer is closed');

/** Fetches what is missing of one file; `source.ts` has the promises, `segments.ts` the connections. */
export class HttpTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #context: Transferring;
  readonly #request: FetchRequest;
  readonly #plan: HttpPlan;
  readonly #target: FetchTarget;
  readonly #limit: RateLimit;
  readonly #closing = new AbortController();
  readonly #running: Promise<TransferEnd>;
  #partial: PartialFile | undefined;
  #segments: Segments | undefined;

  constructor(context: Transferring, request: FetchRequest, target: FetchTarget) {
    this.#context = context;
    this.#request = request;
    this.#plan = request.manifest.plan as HttpPlan;
    this.#target = target;
    this.#limit = new RateLimit(context.clock);
    this.#running = this.#run();
    this.done = untilClosed(this.#running, this.#closing.signal);
  }

  async flush(): Promise<readonly FileRanges[]> {
    const { position, durable } = this.#target;
    const ranges = this.#partial ? await this.#partial.flush() : durable;
    if (this.#partial?.failure) this.#segments?.stop(this.#partial.failure);
    return [{ position, ranges }];
  }

  progress(): TransferProgress {
    return { bytes: this.#partial?.bytes ?? 0, connections: this.#segments?.connections ?? 0 };
  }

  tune({ rate, connections }: TransferLimits): void {
    if (connections !== undefined) this.#segments?.want(connections);
    if (rate === undefined || rate === this.#limit.rate) return;
    this.#limit.set(rate);
    this.#segments?.retune();
  }

  /** Does nothing where a new connection would have to begin at the beginning. */
  nudge(): void {
    if (this.#segments?.reopen()) return;
    this.#request.onNote?.('the connection cannot be opened again: the server cannot continue in the middle');
  }

  async close(): Promise<void> {
    this.#closing.abort(isClosed);
    this.#segments?.stop(isClosed);
    await this.#running.catch(() => {});
    await this.#segments?.settled();
    await this.#partial?.close();
  }

  async #run(): Promise<TransferEnd> {
    const { clock, config, hosts } = this.#context;
    const plan = this.#plan;
    const { path, durable } = this.#target;
    const partial = this.#opened(path, durable);
    const joiner = new Joiner(this.#context, this.#request, plan, partial, this.#closing.signal);
    const file = { request: this.#request, plan, partial };
    const mirrors = new Mirrors(this.#context, joiner, file, this.#closing.signal);
    const size = plan.encoding === undefined ? plan.token.total : null;
    const segments = new Segments(
      {
        partial,
        plan,
        clock,
        config,
        hosts,
        limit: this.#limit,
        signal: this.#closing.signal,
        host: new URL(plan.target).host,
        wanted: this.#request.options.connections ?? config.connections,
        join: (gap, isExtra) => mirrors.next(gap, isExtra),
        onNote: (note) => this.#request.onNote?.(note),
      },
      size,
    );
    this.#segments = segments;
    const isMissing = size === null || missingRanges(durable, size).length > 0;
    if (joiner.isNeeded(isMissing)) await segments.run();
    return this.#finish(partial, joiner, segments);
  }

  #opened(path: string, durable: readonly Range[]): PartialFile {
    const { disk, clock } = this.#context;
    try {
      const digest = runningDigest(this.#request.options.checksum ?? this.#request.manifest.digest);
      const leased = leasedDisk(disk, this.#request.deadline, clock);
      const { create } = this.#target;
      const file = create ? createIn(leased, path, create.mode) : leased.open(path);
      this.#partial = new PartialFile(file, path, durable, digest);
      return this.#partial;
    } catch (error) {
      throw diskFailure(error, path);
    }
  }

  async #finish(partial: PartialFile, joiner: Joiner, segments: Segments): Promise<TransferEnd> {
    const size = segments.size ?? partial.bytes;
    const synced = this.#target.create ? await partial.syncWhole(size) : undefined;
    if (!synced) await partial.cutTo(size);
    partial.settle();
    if (partial.failure) throw partial.failure;
    const { validated, doubtful } = joiner;
    const integrity = integrityOf({ validated, doubtful, sized: segments.sized, framing: segments.framing });
    const digest = await partial.digestOf(size);
    const { position } = this.#target;
    const told = { ...(digest === undefined ? {} : { digest }), ...(synced === undefined ? {} : { synced }) };
    const file: FinishedFile = { position, size, integrity, ...told };
    return { files: [file] };
  }
}
