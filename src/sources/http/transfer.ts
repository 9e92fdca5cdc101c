import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { diskFailure } from '../../disk/disk-failure.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import { missingRanges, type Range } from '../../downloads/ranges.ts';
import type { Exchange } from '../../net/exchange.ts';
import type { Framing } from '../../net/http1/body.ts';
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
import type { Asker } from './asker.ts';
import { DecodingLane } from './decode.ts';
import { runningDigest } from './digests.ts';
import { Flow, RateLimit } from './flow.ts';
import type { HeldAnswers } from './held.ts';
import { integrityOf } from './integrity.ts';
import { Joiner, type Joint } from './joiner.ts';
import { Lane } from './lane.ts';
import { PartialFile } from './partial-file.ts';
import type { HttpPlan } from './plan.ts';

export interface Transferring {
  readonly asker: Asker;
  readonly held: HeldAnswers;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly config: Config['http'];
}

/** Connections that may end early in a row, each having brought something, before the engine has to decide. */
const mostReopenings = 3;
/** A connection that brought this much starts the count again; bytes. */
const goodConnection = 1 << 20;
const lookEvery = 1000;

/** A person asked for a new connection. */
class Nudged extends Failure {}

/** Fetches what is missing of one file over one connection at a time; `source.ts` has the promises. */
export class HttpTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #context: Transferring;
  readonly #request: FetchRequest;
  readonly #plan: HttpPlan;
  readonly #target: FetchTarget;
  readonly #limit: RateLimit;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #partial: PartialFile | undefined;
  #lane: { readonly lane: Lane | DecodingLane; readonly flow: Flow } | undefined;
  /** Null until somebody tells it or the body ends. */
  #size: number | null;
  /** The size was told before the body ended. */
  #sized: boolean;
  #framing: Framing['kind'] | undefined;

  constructor(context: Transferring, request: FetchRequest, target: FetchTarget) {
    this.#context = context;
    this.#request = request;
    this.#plan = request.manifest.plan as HttpPlan;
    this.#target = target;
    this.#limit = new RateLimit(context.clock);
    this.#size = this.#plan.encoding === undefined ? this.#plan.token.total : null;
    this.#sized = this.#size !== null;
    const { promise, resolve, reject } = Promise.withResolvers<TransferEnd>();
    this.done = promise;
    this.done.catch(() => {});
    this.#running = this.#run().then(
      (end) => this.#unlessClosing(() => resolve(end)),
      (error: unknown) => this.#unlessClosing(() => reject(asFailure(error))),
    );
  }

  async flush(): Promise<readonly FileRanges[]> {
    const { position, durable } = this.#target;
    const ranges = this.#partial ? await this.#partial.flush() : durable;
    if (this.#partial?.failure) this.#lane?.lane.stop(this.#partial.failure);
    return [{ position, ranges }];
  }

  progress(): TransferProgress {
    return { bytes: this.#partial?.bytes ?? 0, connections: this.#lane ? 1 : 0 };
  }

  tune({ rate }: TransferLimits): void {
    if (rate === undefined || rate === this.#limit.rate) return;
    this.#limit.set(rate);
    this.#lane?.flow.retune();
  }

  /** Does nothing where a new connection would have to begin at the beginning. */
  nudge(): void {
    if (this.#canReopen()) this.#lane?.lane.stop(new Nudged('network', 'the connection is opened again, as asked'));
    else this.#request.onNote?.('the connection cannot be opened again: the server cannot continue in the middle');
  }

  async close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    this.#lane?.flow.stop();
    this.#lane?.lane.stop(new Failure('internal', 'the transfer is closed'));
    await this.#running;
    await this.#partial?.close();
  }

  #unlessClosing(tell: () => void): void {
    if (!this.#closing.signal.aborted) tell();
  }

  /** Gap after gap until there is none. */
  async #run(): Promise<TransferEnd> {
    const { disk } = this.#context;
    const { path, durable } = this.#target;
    const partial = this.#opened(disk, path, durable);
    const joiner = new Joiner(this.#context, this.#request, this.#plan, partial, this.#closing.signal);
    for (let failures = 0; ; ) {
      const joint = await joiner.next(this.#gap());
      if (!joint) break;
      this.#size ??= joint.total;
      this.#sized = this.#size !== null;
      const before = partial.bytes;
      try {
        await this.#carry(joint, partial);
      } catch (error) {
        const brought = joint.held ? Math.max(1, partial.bytes - before) : partial.bytes - before;
        failures = this.#failuresAfter(asFailure(error), brought, failures);
        continue;
      }
      if (this.#size === null) this.#size = partial.bytes;
      else if (partial.bytes === before && this.#gap())
        throw new Failure('protocol', 'the server sent nothing of what was asked for');
    }
    return this.#finish(partial, joiner);
  }

  #opened(disk: Disk, path: string, durable: readonly Range[]): PartialFile {
    try {
      this.#partial = new PartialFile(disk.open(path), path, durable, runningDigest(this.#request.options.checksum));
      return this.#partial;
    } catch (error) {
      throw diskFailure(error, path);
    }
  }

  /** The first gap; `to` null: up to wherever the file ends. Undefined when the file is complete. */
  #gap(): { readonly from: number; readonly to: number | null } | undefined {
    const ranges = this.#partial?.ranges ?? [];
    if (this.#size === null) {
      const [first] = ranges;
      return { from: first && first[0] === 0 ? first[1] : 0, to: null };
    }
    const [gap] = missingRanges(ranges, this.#size);
    return gap && { from: gap[0], to: gap[1] };
  }

  /** Lets one answer's body flow into the file until it ends. */
  async #carry(joint: Joint, partial: PartialFile): Promise<void> {
    const { answer } = joint;
    const put = partial.write.bind(partial);
    const lane = this.#laneFor(joint, put);
    const { clock, config } = this.#context;
    const flow = new Flow(answer, lane, this.#limit, clock, {
      idle: config.idle_timeout,
      slow: config.low_speed,
      slowTime: config.low_speed_time,
    });
    this.#lane = { lane, flow };
    const stopLooking = clock.every(lookEvery, () => this.#look(answer, partial));
    try {
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
      flow.start();
      await lane.done;
      this.#framing = answer.framing.kind;
    } finally {
      stopLooking();
      flow.stop();
      answer.abandon();
      this.#lane = undefined;
      partial.settle();
    }
    if (partial.failure) throw partial.failure;
  }

  #laneFor(joint: Joint, put: PartialFile['write']): Lane | DecodingLane {
    const { answer, at, gap, expected } = joint;
    const { encoding, sniff } = this.#plan;
    if (encoding !== undefined) return new DecodingLane(answer, encoding, put);
    const last = gap.to === this.#size;
    return new Lane({ answer, at, from: gap.from, to: gap.to, last, sniff, ...(expected ? { expected } : {}) }, put);
  }

  #look(answer: Exchange, partial: PartialFile): void {
    partial.settle();
    const pace = this.#lane?.flow.look();
    const { idle_timeout: idle, low_speed: slow, low_speed_time: slowTime } = this.#context.config;
    if (partial.failure) this.#lane?.lane.stop(partial.failure);
    else if (pace === 'idle') {
      this.#lane?.lane.stop(new Failure('network', `${answer.place} sent nothing for ${idle / 1000} s`));
    } else if (pace === 'slow') {
      const text = `${answer.place} sent less than ${slow} bytes a second for ${slowTime / 1000} s`;
      this.#lane?.lane.stop(new Failure('network', text));
    }
  }

  /** The count of failures so far, when it may go on with a new connection; throws what ends the run. */
  #failuresAfter(failure: Failure, brought: number, failures: number): number {
    if (this.#closing.signal.aborted || !this.#canReopen()) throw failure;
    if (failure instanceof Nudged) return failures;
    if (failure.class !== 'network' || brought === 0) throw failure;
    const count = brought >= goodConnection ? 1 : failures + 1;
    if (count > mostReopenings) throw failure;
    this.#request.onNote?.(`${failure.message}; going on over a new connection`);
    return count;
  }

  #canReopen(): boolean {
    const { ranges, encoding, token } = this.#plan;
    const provable = token.etag !== undefined || token.lastModified !== undefined || this.#size !== null;
    return this.#partial?.bytes === 0 || (ranges && encoding === undefined && provable);
  }

  async #finish(partial: PartialFile, joiner: Joiner): Promise<TransferEnd> {
    const size = this.#size ?? partial.bytes;
    await partial.cutTo(size);
    await partial.flush();
    if (partial.failure) throw partial.failure;
    const { validated, doubtful } = joiner;
    const integrity = integrityOf({ validated, doubtful, sized: this.#sized, framing: this.#framing });
    const digest = partial.digestOf(size);
    const file: FinishedFile = {
      position: this.#target.position,
      size,
      integrity,
      ...(digest === undefined ? {} : { digest }),
    };
    return { files: [file] };
  }
}
