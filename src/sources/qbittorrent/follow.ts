import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import type { TransferProgress } from '../source.ts';
import type { Listed, QbittorrentApi } from './api.ts';
import { type Doing, doingOf } from './states.ts';

/** How often qBittorrent is asked, ms. */
const askEvery = 1000;
/** For how long it may be away before the try ends, ms: it may be starting anew. */
const awayFor = 60_000;
/** What is so for so many looks is no passing moment. */
const looksToBelieve = 3;

export interface FollowerParts {
  readonly api: QbittorrentApi;
  readonly clock: Clock;
  /** The disk that the torrent goes to has no room. */
  isFull(): Promise<boolean>;
}

/** Watches one torrent in qBittorrent, and tells it what a person wants meanwhile. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #hash: string;
  readonly #note: (text: string) => void;
  #bytes: number;
  #connections = 0;
  /** Bytes/s; 0: no limit. */
  #limit = 0;
  #limitThere = 0;
  #nudged = false;
  /** Looks at which it was stopped, or not there, one after the other. */
  #stopped = 0;
  #gone = 0;
  /** Since when qBittorrent has not answered, and whether that was ever so. */
  #awaySince: number | undefined;
  #wasAway = false;
  #checkedAgain = false;
  /** Looks for which what it says of itself is from before a check that it was told to make. */
  #outdated = 0;
  /** A check leaves it stopped where it was stopped before. */
  #mustStart = false;

  constructor(parts: FollowerParts, hash: string, bytes: number, note: (text: string) => void) {
    this.#parts = parts;
    this.#hash = hash;
    this.#bytes = bytes;
    this.#note = note;
  }

  progress(): TransferProgress {
    return { bytes: this.#bytes, connections: this.#connections };
  }

  limit(rate: number): void {
    this.#limit = rate;
  }

  nudge(): void {
    this.#nudged = true;
  }

  ended(bytes: number): void {
    this.#bytes = bytes;
    this.#connections = 0;
  }

  async sendLimit(signal: AbortSignal): Promise<void> {
    const rate = this.#limit;
    await this.#parts.api.limit(this.#hash, rate, signal);
    this.#limitThere = rate;
  }

  /** Has what is on disk checked, after which it goes on. */
  async checkAgain(signal: AbortSignal): Promise<void> {
    await this.#parts.api.recheck(this.#hash, signal);
    this.#outdated = looksToBelieve;
    this.#mustStart = true;
  }

  /**
   * Until the files at these places are complete. `removed`: somebody took the torrent out; `lost`: qBittorrent was
   * away and does not know it any more. Throws `Failure`.
   */
  async untilComplete(places: readonly number[], signal: AbortSignal): Promise<'complete' | 'removed' | 'lost'> {
    for (this.#gone = 0; ; await this.#parts.clock.sleep(askEvery, signal)) {
      try {
        const found = await this.#parts.api.find(this.#hash, signal);
        this.#isBack();
        if (!found) {
          this.#gone += 1;
          if (this.#gone >= looksToBelieve) return this.#wasAwayOnce() ? 'lost' : 'removed';
          continue;
        }
        this.#gone = 0;
        if (await this.#look(found, places, signal)) return 'complete';
      } catch (error) {
        this.#isAway(error);
      }
    }
  }

  /** True when what is wanted is there. */
  async #look(found: Listed, places: readonly number[], signal: AbortSignal): Promise<boolean> {
    this.#bytes = Math.max(0, found.size - found.amount_left);
    this.#connections = found.num_seeds + found.num_leechs;
    const doing = doingOf(found.state);
    if (await this.#isChecking(doing, signal)) return false;
    if (doing === 'failed') await this.#mend(found, signal);
    if (doing === 'complete' || (doing === 'stopped' && found.amount_left === 0)) {
      const files = (await this.#parts.api.files(this.#hash, signal)) ?? [];
      if (places.every((place) => files[place]?.progress === 1)) return true;
    }
    this.#stopped = doing === 'stopped' ? this.#stopped + 1 : 0;
    if (this.#stopped === looksToBelieve) {
      this.#note(
        'somebody has stopped the torrent in qBittorrent; it goes on when it is started there, or paused and resumed here',
      );
    }
    await this.#tell(signal);
    return false;
  }

  /** Also before the check that it was told to make has begun; stopped when it is over, it is started. */
  async #isChecking(doing: Doing, signal: AbortSignal): Promise<boolean> {
    if (doing === 'checks') {
      this.#outdated = 0;
      return true;
    }
    if (this.#outdated > 0) {
      this.#outdated -= 1;
      return true;
    }
    if (doing === 'works') this.#mustStart = false;
    if (doing === 'stopped' && this.#mustStart) await this.#parts.api.start(this.#hash, signal);
    return false;
  }

  /** What went wrong may be over: it is checked again, once. */
  async #mend({ state }: Listed, signal: AbortSignal): Promise<void> {
    if (await this.#parts.isFull()) {
      throw new Failure(
        'no_space',
        'qBittorrent reports an error, and the disk is full; it goes on when there is space',
      );
    }
    if (this.#checkedAgain) {
      const what = state === 'missingFiles' ? 'does not find the files of this torrent' : 'reports an error';
      throw new Failure('disk', `qBittorrent ${what}; its log says more, longhaul retry begins again`);
    }
    this.#checkedAgain = true;
    this.#note(`qBittorrent says ${state} of the torrent; it checks it again`);
    await this.checkAgain(signal);
  }

  async #tell(signal: AbortSignal): Promise<void> {
    if (this.#limit !== this.#limitThere) await this.sendLimit(signal);
    if (!this.#nudged) return;
    this.#nudged = false;
    await this.#parts.api.start(this.#hash, signal);
    await this.#parts.api.reannounce(this.#hash, signal);
  }

  /** Throws what is no mere absence, or lasts too long. */
  #isAway(error: unknown): void {
    const passes = error instanceof Failure && (error.class === 'offline' || error.class === 'protocol');
    if (!passes) throw error;
    const now = this.#parts.clock.monotonic();
    if (this.#awaySince === undefined) this.#note(`${error.message}; waiting for it`);
    this.#awaySince ??= now;
    this.#connections = 0;
    if (now - this.#awaySince >= awayFor) throw error;
  }

  #isBack(): void {
    if (this.#awaySince === undefined) return;
    this.#awaySince = undefined;
    this.#wasAway = true;
    // A new start may have forgotten it.
    this.#limitThere = Number.NaN;
    this.#note('qBittorrent answers again');
  }

  #wasAwayOnce(): boolean {
    const was = this.#wasAway;
    this.#wasAway = false;
    return was;
  }
}
