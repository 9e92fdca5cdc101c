import { asFailure, Failure } from '../../downloads/failure.ts';
import { bytesIn, missingRanges, type Range } from '../../downloads/ranges.ts';
import type { HostConnections } from './host-connections.ts';
import { type Gap, NoRanges } from './joiner.ts';
import type { PartialFile } from './partial-file.ts';
import { Overtaken, Segment, type SegmentParts } from './segment.ts';
import { connectionsFor, slowest, splitWork } from './split.ts';
import { isOverload } from './status-failure.ts';

/** Connections that may end early in a row, each having brought something, before the engine has to decide. */
const mostReopenings = 3;
/** A connection that brought this much starts the count again; bytes. */
const goodConnection = 1 << 20;
/** How often it is looked whether more connections are worth it or one is slow, ms. */
const lookEvery = 250;
/** The first look, ms: by then the first answer, which the resolve kept, has shown how fast it comes. */
const firstLook = 50;
/** The same connection is not opened again for being slow within this time, ms. */
const slowPatience = 10_000;

/** What a host does to connections that are too many: the others go on without this one, and fewer are opened there. */
const refusals: ReadonlySet<string> = new Set(['rate_limit', 'server', 'quota', 'refused', 'suspect']);
/** What else may come of a further connection while the bytes of the others are what they should be. */
const mishaps: ReadonlySet<string> = new Set(['network', 'offline', 'changed', 'protocol']);

/** What a connection is to fetch. `before`: who does so until it has found an answer. */
interface Piece extends Gap {
  readonly before?: Segment | undefined;
}

/** A person, or a look at the others, wants a new connection. */
class Reopened extends Failure {}

export interface SegmentsParts extends Omit<SegmentParts, 'size' | 'join'> {
  readonly join: SegmentParts['join'];
  readonly host: string;
  readonly hosts: HostConnections;
  readonly signal: AbortSignal;
  /** Connections that are wanted at most. */
  readonly wanted: number;
  readonly onNote: (note: string) => void;
}

/**
 * Fetches what is missing of a file over one or many connections: the same story for both. Each
 * connection has a piece of its own; one that is free takes a gap, or half of the largest rest. A
 * connection that the host refuses is one less, not a failure, as long as another one works.
 */
export class Segments {
  /** Null until somebody tells it or the body ends. */
  size: number | null;
  /** The size was told before the body ended. */
  sized: boolean;
  readonly #parts: SegmentsParts;
  readonly #partial: PartialFile;
  readonly #active = new Map<Segment, Promise<void>>();
  /** Of connections that are not waited for any more. */
  readonly #left = new Set<Promise<void>>();
  /** As many as are wanted; fewer when the host refused some. */
  #allowed: number;
  #failures = 0;
  #fatal: Failure | undefined;
  #reopenedAt = Number.NEGATIVE_INFINITY;
  #framing: Segment['framing'];
  #wake = Promise.withResolvers<void>();

  constructor(parts: SegmentsParts, size: number | null) {
    this.#parts = parts;
    this.#partial = parts.partial;
    this.#allowed = parts.wanted;
    this.size = size;
    this.sized = size !== null;
  }

  get connections(): number {
    return this.#active.size;
  }

  /** How the last body ended; undefined when none was needed. */
  get framing(): Segment['framing'] {
    return this.#framing;
  }

  /** Resolves when nothing is missing; rejects with the `Failure` that ends the run. */
  async run(): Promise<void> {
    const { clock } = this.#parts;
    const stopLooking = clock.every(lookEvery, () => this.#look());
    const noFirstLook = clock.after(firstLook, () => this.#look());
    try {
      await this.#first();
      for (;;) {
        this.#wake = Promise.withResolvers();
        if (this.#fatal || (this.#active.size > 0 && this.#isComplete)) break;
        this.#fill();
        if (this.#active.size === 0) break;
        await this.#wake.promise;
      }
    } finally {
      stopLooking();
      noFirstLook();
      for (const segment of this.#active.keys()) segment.stop(this.#fatal ?? new Failure('internal', 'not needed'));
      await Promise.all(this.#active.values());
    }
    if (this.#fatal) throw this.#fatal;
  }

  /** After `run`: resolves when no late answer can come any more, which the parts' signal makes soon. */
  async settled(): Promise<void> {
    await Promise.all(this.#left);
  }

  stop(reason: Failure): void {
    this.#fatal ??= reason;
    for (const segment of this.#active.keys()) segment.stop(reason);
    this.#wake.resolve();
  }

  /** False when a new connection would have to begin at the beginning. */
  reopen(): boolean {
    if (!this.#canReopen()) return false;
    for (const segment of this.#active.keys()) segment.stop(new Reopened('network', 'opened again, as asked'));
    return true;
  }

  retune(): void {
    for (const segment of this.#active.keys()) segment.retune();
  }

  want(connections: number): void {
    this.#allowed = connections;
    this.#wake.resolve();
  }

  /** The first answer decides how it goes on; it may have been held since the resolve, or be needed only for a comparison. */
  async #first(): Promise<void> {
    const gap = this.#gap() ?? { from: this.size ?? 0, to: this.size };
    this.#begin(gap);
  }

  /** Every free connection gets work, as far as there is some. */
  #fill(): void {
    while (!this.#fatal) {
      const piece = this.#nextPiece();
      if (!piece || (this.#active.size > 0 && !this.#parts.hosts.take(this.#parts.host, true))) return;
      if (this.#active.size === 0) this.#parts.hosts.take(this.#parts.host, false);
      this.#begin(piece, true);
    }
  }

  #nextPiece(): Piece | undefined {
    const { size } = this;
    if (size === null) return this.#active.size === 0 ? { from: this.#gap()?.from ?? 0, to: null } : undefined;
    if (this.#active.size > 0 && !this.#mayHaveMore(size)) {
      this.#giveBack(size);
      return undefined;
    }
    const segments = [...this.#active.keys()];
    const busy = segments.map((segment) => segment.busy(size));
    const least = this.#parts.config.least_piece;
    const wanted = this.#active.size === 0 && !this.#isLong(size) ? 1 : this.#allowed;
    const work = splitWork(this.#partial.ranges, size, busy, wanted, least);
    if (!work) return undefined;
    if (work.take === 'gap') return work;
    const before = segments[work.of];
    before?.cede(work.at);
    return { from: work.at, to: work.to, before };
  }

  #mayHaveMore(size: number): boolean {
    const { plan, config } = this.#parts;
    const missing = size - bytesIn(this.#partial.ranges);
    const worth = connectionsFor(missing, this.#allowed, config.least_piece);
    return this.#active.size < worth && plan.ranges && isProvable(plan.token) && this.#isLong(size);
  }

  /** True when the rest takes long enough that more connections are worth opening. */
  #isLong(size: number): boolean {
    const after = this.#parts.config.connections_after;
    if (after === 0) return true;
    const flowing = [...this.#active.keys()].filter((segment) => segment.flows);
    if (flowing.length === 0) return false;
    const speed = flowing.reduce((sum, segment) => sum + segment.meanSpeed(), 0);
    const missing = size - bytesIn(this.#partial.ranges);
    return speed === 0 || (missing * 1000) / speed > after;
  }

  /** What nobody fetches and nobody else may: the connection right before it goes on, if its answer does. */
  #giveBack(size: number): void {
    const segments = [...this.#active.keys()];
    const taken = segments.map((segment) => segment.busy(size)).map(({ at, to }): Range => [at, to]);
    for (const [from, to] of missingRanges([...this.#partial.ranges, ...taken], size)) {
      segments.find((segment) => segment.to === from)?.extend(to);
    }
  }

  #begin({ from, to, before }: Piece, counted = false): void {
    const { hosts, host } = this.#parts;
    if (!counted) hosts.take(host, false);
    const segment = new Segment({ ...this.#parts, size: () => this.size }, { from, to });
    const bytes = this.#partial.bytes;
    const end = segment
      .run(this.#active.size > 0, () => this.#claim(segment))
      .then(
        () => this.#ended(segment, bytes),
        (error: unknown) => this.#failed(segment, asFailure(error)),
      )
      .catch((error: unknown) => this.stop(asFailure(error)))
      .finally(() => {
        hosts.give(host);
        this.#active.delete(segment);
        this.#left.add(segment.left);
        void segment.left.then(() => this.#left.delete(segment.left));
        if (!segment.joined && before?.to === from) before.extend(segment.to ?? from);
        this.#wake.resolve();
      });
    this.#active.set(segment, end);
  }

  /**
   * From now on the bytes from `segment.from` on are its own: whoever flows towards them ends there, also over a piece
   * in between that still waits for its answer. False when they are there already. So no byte has two writers, and a
   * digest that was made of one connection's bytes is that of what stands in the file.
   */
  #claim(segment: Segment): boolean {
    const { from } = segment;
    if (this.#partial.ranges.some(([begin, end]) => begin <= from && from < end)) return false;
    for (const each of this.#active.keys()) if (each !== segment && each.from <= from) each.endAt(from);
    return true;
  }

  /** All is there, and those who are still active wait only for answers to fetch it once more. */
  get #isComplete(): boolean {
    const { size } = this;
    if (size === null || this.#gap()) return false;
    return [...this.#active.keys()].every((segment) => !segment.joined && segment.from < size);
  }

  #ended(segment: Segment, before: number): void {
    this.#framing = segment.framing;
    if (this.size === null) {
      this.sized = segment.total !== null;
      this.size = segment.total ?? this.#partial.bytes;
      return;
    }
    if (!this.#gap()) return;
    const others = this.#active.size - 1;
    if (others === 0 && this.#partial.bytes === before) {
      throw new Failure('protocol', 'the server sent nothing of what was asked for');
    }
    // Otherwise it would be asked again at once, and again.
    if (others > 0 && segment.brought === 0) this.#allowed = Math.min(this.#allowed, others);
  }

  #failed(segment: Segment, failure: Failure): void {
    if (this.#fatal || failure instanceof Reopened || failure instanceof Overtaken) return;
    const { signal, hosts, host, onNote } = this.#parts;
    if (!segment.joined && segment.from < (this.size ?? 0) && !this.#gap()) return;
    if (signal.aborted || this.#partial.failure) throw this.#partial.failure ?? failure;
    const others = this.#active.size - 1;
    if (others > 0 && segment.brought === 0 && (refusals.has(failure.class) || mishaps.has(failure.class))) {
      this.#allowed = failure instanceof NoRanges ? 1 : others;
      if (refusals.has(failure.class)) hosts.halve(host, 1);
      onNote(`${failure.message}; going on with ${others === 1 ? 'one connection' : `${others} connections`}`);
      return;
    }
    if (isOverload(failure)) hosts.halve(host, 1);
    if (failure.class !== 'network' || failure instanceof NoRanges || !this.#canReopen()) throw failure;
    const brought = segment.held ? Math.max(1, segment.brought) : segment.brought;
    if (brought === 0) throw failure;
    this.#failures = brought >= goodConnection ? 1 : this.#failures + 1;
    if (this.#failures > mostReopenings) throw failure;
    onNote(`${failure.message}; going on over a new connection`);
  }

  #look(): void {
    const { clock, limit } = this.#parts;
    if (this.#active.size < this.#allowed) this.#wake.resolve();
    if (this.size === null || limit.rate > 0 || clock.monotonic() - this.#reopenedAt < slowPatience) return;
    const size = this.size;
    const segments = [...this.#active.keys()];
    const worst = slowest(segments.map((segment) => segment.busy(size)));
    if (worst === undefined) return;
    this.#reopenedAt = clock.monotonic();
    segments[worst]?.stop(new Reopened('network', 'much slower than the others'));
  }

  /** The first gap; `to` null: up to wherever the file ends. Undefined when the file is complete. */
  #gap(): { readonly from: number; readonly to: number | null } | undefined {
    const { ranges } = this.#partial;
    if (this.size === null) {
      const [first] = ranges;
      return { from: first && first[0] === 0 ? first[1] : 0, to: null };
    }
    const [gap] = missingRanges(ranges, this.size);
    return gap && { from: gap[0], to: gap[1] };
  }

  #canReopen(): boolean {
    const { plan } = this.#parts;
    const provable = isProvable(plan.token) || this.size !== null;
    return this.#partial.bytes === 0 || (plan.ranges && plan.encoding === undefined && provable);
  }
}

/** One strong validator, and nothing that was joined without it. */
function isProvable(token: SegmentParts['plan']['token']): boolean {
  return (token.etag !== undefined || token.lastModified !== undefined) && token.doubtful !== true;
}
