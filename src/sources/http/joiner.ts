import { Failure } from '../../downloads/failure.ts';
import type { Exchange } from '../../net/exchange.ts';
import { type Answer, discard } from '../../net/get.ts';
import type { Clock } from '../../time/clock.ts';
import type { FetchRequest } from '../source.ts';
import type { Asker, Question } from './asker.ts';
import type { HeldAnswers } from './held.ts';
import { judge, type Proof, type Verdict } from './judge.ts';
import { parseLink } from './link.ts';
import type { PartialFile } from './partial-file.ts';
import { encodingOf, type HttpPlan, leastOverlap, overlapBytes } from './plan.ts';
import { statusFailure } from './status-failure.ts';
import { refusePage } from './suspect.ts';
import { compareVersion, validatorOf } from './validators.ts';

/** Bytes still to be fetched; `to` null: up to wherever the file ends. */
export interface Gap {
  readonly from: number;
  readonly to: number | null;
}

/** An answer whose bytes may be joined to the partial at a gap. */
export interface Joint {
  readonly answer: Exchange;
  /** Position in the file of its first byte. */
  readonly at: number;
  readonly gap: Gap;
  readonly total: number | null;
  /** It waited since the resolve, so that its connection may have died meanwhile. */
  readonly held: boolean;
  /** What its bytes before the gap must be, where nothing else proves the version. */
  readonly expected?: Uint8Array;
}

export interface Joining {
  readonly asker: Asker;
  readonly held: HeldAnswers;
  readonly clock: Clock;
}

/** The server cannot continue in the middle; whoever began at the beginning may go on. */
export class NoRanges extends Failure {}

/** Statuses after which the redirects are followed again: the target may have expired. */
const expired = new Set([401, 403, 404, 410]);

/** Finds for each gap an answer that continues the very file that was begun: the held one, or a new one. */
export class Joiner {
  /** One strong validator stood in every answer. */
  validated: boolean;
  /** Bytes were joined on the strength of an overlap only. */
  doubtful: boolean;
  readonly #context: Joining;
  readonly #request: FetchRequest;
  readonly #plan: HttpPlan;
  readonly #partial: PartialFile;
  readonly #signal: AbortSignal;
  #held: number | undefined;
  /** The complete partial of an earlier run is still to be compared with the held answer. */
  #checkEnd: boolean;

  constructor(context: Joining, request: FetchRequest, plan: HttpPlan, partial: PartialFile, signal: AbortSignal) {
    this.#context = context;
    this.#request = request;
    this.#plan = plan;
    this.#partial = partial;
    this.#signal = signal;
    this.#held = plan.held;
    this.#checkEnd = plan.proof === 'overlap';
    this.validated = validatorOf(plan.token) !== undefined && plan.proof !== 'overlap';
    this.doubtful = plan.token.doubtful === true;
  }

  /** True when something is left to fetch or to compare; otherwise what was held is given up. */
  isNeeded(isMissing: boolean): boolean {
    if (isMissing || (this.#checkEnd && this.#plan.token.total)) return true;
    const held = this.#takeHeld();
    if (held) discard(held.exchange);
    return false;
  }

  /**
   * The answer for a gap; an empty one at the end of the file only compares. `isExtra`: other connections
   * work already, so that an answer which begins far before the gap is worth nothing. Throws `Failure`.
   */
  async next(gap: Gap, isExtra: boolean): Promise<Joint> {
    const held = this.#takeHeld();
    const joint = (held && (await this.#fromHeld(held, gap))) ?? (await this.#fromNew(gap));
    this.#checkEnd = false;
    if (!isExtra || gap.from - joint.at <= overlapBytes) return joint;
    joint.answer.abandon();
    throw new NoRanges('network', `${joint.answer.place} cannot begin in the middle`);
  }

  #takeHeld(): Answer | undefined {
    const held = this.#held === undefined ? undefined : this.#context.held.take(this.#held);
    this.#held = undefined;
    return held;
  }

  /** The answer that `resolve` kept, unless the partial is not the one it was kept for. */
  async #fromHeld(held: Answer, gap: Gap): Promise<Joint | undefined> {
    const { at, proof, token } = this.#plan;
    const usable = at <= gap.from && (proof === 'overlap' || at === 0 || at + overlapBytes >= gap.from);
    if (!usable) {
      held.exchange.abandon();
      return undefined;
    }
    if (proof === 'fresh' && gap.from > 0) {
      held.exchange.abandon();
      throw new Failure('changed', 'the file on the server is another one than the partial');
    }
    return { ...(await this.#joint(held, at, gap, token.total, proof)), held: true };
  }

  async #fromNew(gap: Gap): Promise<Joint> {
    const { token } = this.#plan;
    const begin = gap.from === 0 && (gap.to === null || gap.to === token.total);
    let overlap = validatorOf(token) === undefined && !begin;
    if (overlap && gap.from < leastOverlap) throw new NoRanges('network', 'too little is here to compare it');
    for (let questions = 0; questions < 2; questions += 1) {
      const from = begin ? undefined : overlap ? Math.max(0, gap.from - overlapBytes) : gap.from;
      const answer = await this.#ask(from, gap);
      const verdict = this.#judged(answer, from, overlap);
      if (verdict.use === 'body') return this.#joint(answer, verdict.at, gap, verdict.total, verdict.proof);
      if (verdict.use === 'fresh' && begin && !verdict.changed && this.#isKnown(answer)) {
        this.validated = false;
        return this.#joint(answer, 0, gap, verdict.total, 'fresh');
      }
      answer.exchange.abandon();
      if (verdict.use === 'again' && verdict.ask === 'overlap' && this.#mayCompare(gap)) overlap = true;
      else if (verdict.changed) throw new Failure('changed', verdict.reason);
      else throw new NoRanges('network', `the connection was cut, and ${verdict.reason}`);
    }
    throw new Failure('protocol', `${this.#link.host} contradicts itself about ranges of this file`);
  }

  /** What begins under a validator goes on under it: an answer without one may be of another version. */
  #isKnown({ exchange }: Answer): boolean {
    const { token } = this.#plan;
    return validatorOf(token) === undefined || compareVersion(token, exchange.head) === 'same';
  }

  /**
   * Where a validator was told and is told no more, only the next `resolve` may go on without it: it records
   * that the file is doubtful from then on.
   */
  #mayCompare({ from }: Gap): boolean {
    const { token } = this.#plan;
    return from >= leastOverlap && (validatorOf(token) === undefined || token.doubtful === true);
  }

  #judged(answer: Answer, from: number | undefined, overlap: boolean): Exclude<Verdict, { use: 'nothing' }> {
    const { head, place } = answer.exchange;
    const { token } = this.#plan;
    const encoding = encodingOf(head, this.#link);
    const verdict = judge({ from, partial: token, overlap }, head, encoding !== undefined);
    if (verdict.use === 'nothing') {
      throw statusFailure(head, place, discard(answer.exchange), this.#context.clock.now(), answer.credentials);
    }
    if (verdict.use !== 'again') {
      try {
        if (encoding !== this.#plan.encoding)
          throw new Failure('changed', 'the server sends the file in another encoding than before');
        refusePage(head, this.#link, place, token);
      } catch (failure) {
        answer.exchange.abandon();
        throw failure;
      }
    }
    return verdict;
  }

  /** To where the redirects led at the resolve; along them again when that has expired. */
  async #ask(from: number | undefined, gap: Gap): Promise<Answer> {
    const { token, target, trusted } = this.#plan;
    const to = gap.to !== null && gap.to !== token.total ? gap.to : undefined;
    const ifRange = from === undefined ? undefined : validatorOf(token);
    const isMirror = this.#plan.isMirror === true;
    const question: Question = { link: this.#link, options: this.#request.options, from, to, ifRange, isMirror };
    const url = new URL(target);
    const answer = await this.#context.asker.ask({ ...question, start: { url, visited: [], trusted } }, this.#signal);
    if (!expired.has(answer.exchange.head.status) || url.href === this.#link.href) return answer;
    discard(answer.exchange);
    return this.#context.asker.ask(question, this.#signal);
  }

  async #joint(answer: Answer, at: number, gap: Gap, total: number | null, proof: Proof): Promise<Joint> {
    const { exchange } = answer;
    if (proof !== 'overlap') return { answer: exchange, at, gap, total, held: false };
    this.validated = false;
    this.doubtful = true;
    try {
      const expected = await this.#partial.read(Math.max(at, gap.from - overlapBytes), gap.from);
      return { answer: exchange, at, gap, total, held: false, expected };
    } catch (failure) {
      exchange.abandon();
      throw failure;
    }
  }

  get #link(): URL {
    return parseLink(this.#plan.link);
  }
}
