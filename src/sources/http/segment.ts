import type { Config } from '../../config/config.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Exchange } from '../../net/exchange.ts';
import type { Framing } from '../../net/http1/body.ts';
import type { Clock } from '../../time/clock.ts';
import { DecodingLane } from './decode.ts';
import { Flow, type RateLimit } from './flow.ts';
import type { Gap, Joint } from './joiner.ts';
import { Lane } from './lane.ts';
import type { PartialFile } from './partial-file.ts';
import type { PartialWriter } from './partial-writer.ts';
import type { HttpPlan } from './plan.ts';
import type { Busy } from './split.ts';

/** How often a connection is looked at, ms. */
const lookEvery = 1000;
/** Younger than this it cannot say its speed, ms. */
const warmUp = 5000;

export interface SegmentParts {
  readonly partial: PartialFile;
  readonly plan: HttpPlan;
  readonly limit: RateLimit;
  readonly clock: Clock;
  readonly config: Config['http'];
  /** The file's size; null: not known. */
  readonly size: () => number | null;
  /** Finds the answer for this piece. */
  readonly join: (gap: Gap, isExtra: boolean) => Promise<Joint>;
}

/** Nothing went wrong: what it was to fetch is there already. */
export class Overtaken extends Failure {}

/** One connection at work on one piece of the file: asks for it, lets it flow, watches it. */
export class Segment {
  readonly from: number;
  readonly #parts: SegmentParts;
  /** Up to where it is to fetch, as the division of work has it. */
  #to: number | null;
  /** Up to where it lets the bytes flow: further than `#to` while nobody has an answer for what lies between. */
  #end: number | null;
  #position: number;
  #lane: Lane | DecodingLane | undefined;
  #flow: Flow | undefined;
  #writer: PartialWriter | undefined;
  #answer: Exchange | undefined;
  /** Where the answer's body ends; its lane may end before. */
  #ends: number | null = null;
  #startedAt: number | undefined;
  #window: { readonly at: number; readonly bytes: number }[] = [];
  #stopped: Failure | undefined;
  readonly #stopping = Promise.withResolvers<never>();
  /** How the body ended, for the integrity. */
  framing: Framing['kind'] | undefined;
  /** The server told the size before the body ended. */
  total: number | null = null;
  held = false;
  /** An answer was found, and its bytes belong here. */
  joined = false;
  /** After `run`: resolves when nothing is done for it any more; an answer may have been on its way. */
  left: Promise<void> = Promise.resolve();

  constructor(parts: SegmentParts, gap: Gap) {
    this.#parts = parts;
    this.from = gap.from;
    this.#to = gap.to;
    this.#end = gap.to;
    this.#position = gap.from;
    this.#stopping.promise.catch(() => {});
  }

  get to(): number | null {
    return this.#to;
  }

  /** The next byte that it will write. */
  get position(): number {
    return this.#writer?.position ?? this.#position;
  }

  /** Bytes it has brought so far. */
  get brought(): number {
    return this.position - this.from;
  }

  get flows(): boolean {
    return this.#flow !== undefined;
  }

  /** As the division of work sees it. */
  busy(total: number): Busy {
    return { at: Math.min(this.position, this.#to ?? total), to: this.#to ?? total, speed: this.speed() };
  }

  /** Bytes/s over the last seconds; undefined while it is young. */
  speed(): number | undefined {
    const [first] = this.#window;
    const now = this.#parts.clock.monotonic();
    if (!first || this.#startedAt === undefined || now - this.#startedAt < warmUp) return undefined;
    return ((this.position - first.bytes) * 1000) / Math.max(1, now - first.at);
  }

  /** Bytes/s since it began to flow; 0 before. */
  meanSpeed(): number {
    const since = this.#startedAt === undefined ? 0 : this.#parts.clock.monotonic() - this.#startedAt;
    return since > 0 ? (this.brought * 1000) / since : 0;
  }

  /** Somebody else asks for what lies from `to` on. The bytes flow on meanwhile: nobody knows yet what the answer is. */
  cede(to: number): void {
    this.#to = to;
  }

  /** Somebody else has the bytes from `at` on: these end there. Never before `position`. */
  endAt(at: number): void {
    if (this.#end === null || this.#end > at) this.#endLaneAt(at);
  }

  /** Goes on to `to` over the same answer, if that reaches so far; false when it does not. */
  extend(to: number): boolean {
    if (!(this.#lane instanceof Lane) || (this.#ends !== null && this.#ends < to)) return false;
    this.#to = to;
    if (this.#end !== null && this.#end < to) this.#endLaneAt(to);
    return true;
  }

  #endLaneAt(at: number): void {
    this.#end = at;
    if (this.#lane instanceof Lane) this.#lane.endAt(at);
  }

  retune(): void {
    this.#flow?.retune();
  }

  /** Ends it where it stands; `run` rejects with `reason`. */
  stop(reason: Failure): void {
    this.#stopped ??= reason;
    this.#stopping.reject(reason);
    this.#flow?.stop();
    this.#lane?.stop(reason);
  }

  /**
   * Resolves when the piece, or all that the answer had of it, is written; rejects with a `Failure`. `claim` is asked
   * once the answer is there: false, and another connection has come here first.
   */
  async run(isExtra: boolean, claim: () => boolean): Promise<void> {
    const joining = this.#parts.join({ from: this.from, to: this.#to }, isExtra);
    const joint = await Promise.race([joining, this.#stopping.promise]).catch((failure: unknown) => {
      this.#leave(joining);
      throw failure;
    });
    this.total = joint.total;
    this.held = joint.held;
    if (this.#stopped || !claim()) {
      joint.answer.abandon();
      throw this.#stopped ?? new Overtaken('network', 'another connection was faster');
    }
    this.joined = true;
    await this.#carry(joint);
  }

  /** An answer that still comes is not wanted any more. */
  #leave(joining: Promise<Joint>): void {
    this.left = joining.then(
      ({ answer }) => answer.abandon(),
      () => {},
    );
  }

  /** Lets one answer's body flow into the file until it ends. */
  async #carry(joint: Joint): Promise<void> {
    const { partial, limit, clock, config } = this.#parts;
    const { answer } = joint;
    const writer = partial.writer(this.from);
    this.#writer = writer;
    const lane = this.#laneFor(joint, writer);
    const pace = { idle: config.idle_timeout, slow: config.low_speed, slowTime: config.low_speed_time };
    const flow = new Flow(answer, lane, limit, clock, pace);
    this.#lane = lane;
    this.#flow = flow;
    this.#answer = answer;
    this.#startedAt = clock.monotonic();
    const stopLooking = clock.every(lookEvery, () => this.#look());
    try {
      flow.start();
      await lane.done;
      this.framing = answer.framing.kind;
    } finally {
      stopLooking();
      flow.stop();
      answer.abandon();
      this.#flow = undefined;
      this.#lane = undefined;
      this.#position = writer.position;
      writer.end();
    }
    if (partial.failure) throw partial.failure;
  }

  #laneFor(joint: Joint, writer: PartialWriter): Lane | DecodingLane {
    const { answer, at, expected } = joint;
    const { encoding, sniff } = this.#parts.plan;
    const put = (buffer: Uint8Array, offset: number, length: number) => writer.write(buffer, offset, length);
    if (encoding !== undefined) return new DecodingLane(answer, encoding, put);
    this.#ends = answer.framing.kind === 'length' ? at + answer.framing.length : null;
    const total = this.#parts.size() ?? joint.total;
    return new Lane(
      { answer, at, from: this.from, to: this.#end, total, ends: this.#ends, sniff, ...(expected ? { expected } : {}) },
      put,
    );
  }

  #look(): void {
    const { partial, config, clock } = this.#parts;
    const lane = this.#lane;
    const place = this.#answer?.place ?? '';
    this.#writer?.settle();
    this.#window = [...this.#window, { at: clock.monotonic(), bytes: this.position }].slice(-6);
    const pace = this.#flow?.look();
    if (partial.failure) lane?.stop(partial.failure);
    else if (pace === 'idle')
      lane?.stop(new Failure('network', `${place} sent nothing for ${config.idle_timeout / 1000} s`));
    else if (pace === 'slow') {
      const slow = `${config.low_speed} bytes a second for ${config.low_speed_time / 1000} s`;
      lane?.stop(new Failure('network', `${place} sent less than ${slow}`));
    }
  }
}
