import { type Log, silentLog } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { createListeners, type Listener } from './listeners.ts';
import {
  fractionOf,
  noProgress,
  type Progress,
  speedOf,
  type TimeLeft,
  timeLeft,
  underLimit,
  withSample,
} from './progress.ts';

export type ProgressUnit = 'bytes' | 'ms' | 'files';
export type ProgressStatus = 'starting' | 'in_progress' | 'completed' | 'failed' | 'cancelled';

/** How far one operation is (a download, one step): the one form in which progress is told, whoever asks. */
export interface OperationProgress {
  /** `download`, or a step's kind: `convert`, `upload`. */
  readonly operation: string;
  readonly status: ProgressStatus;
  /** 0 to 100, 100 only when everything is there; null: unknown. */
  readonly percentage: number | null;
  readonly current: number;
  /** Null: unknown. */
  readonly total: number | null;
  /** `ms`: of media. */
  readonly unit: ProgressUnit;
  /** Units a second, over the last 10 s; of media divided by 1000: how many times faster than playing. */
  readonly speed: number;
  readonly eta: TimeLeft | null;
  /** For people: what it is at, or why it failed. */
  readonly message: string | null;
  /** UTC epoch ms. */
  readonly timestamp: number;
}

export interface ProgressFigures {
  readonly current: number;
  readonly total: number | null;
  readonly unit?: ProgressUnit;
  readonly message?: string;
  /** Of what percentage and time left are made where `total` is unknown: the ms of media that `current` bytes hold. */
  readonly media?: { readonly current: number; readonly total: number };
}

/** Follows one operation from its start to its end; nothing changes after the end. */
export interface Tracker {
  update(figures: ProgressFigures): void;
  /** `completed`: all of it is there, whatever was said of the total. */
  end(how: 'completed' | 'failed' | 'cancelled', message?: string): void;
  /** Another limit holds from now on, in units a second; 0: none. */
  limited(change: { readonly before: number; readonly after: number }): void;
  /** As it is now: silence lets the speed sink. */
  look(): OperationProgress;
  /** As `Listeners.listen`: each message the newest state, and the end always. */
  listen(listener: Listener<OperationProgress>, options?: { readonly every?: number }): () => void;
}

export interface TrackerParts {
  readonly operation: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly unit?: ProgressUnit;
}

export function createTracker({ operation, clock, log = silentLog, unit: firstUnit = 'bytes' }: TrackerParts): Tracker {
  let status: ProgressStatus = 'starting';
  let figures: ProgressFigures = { current: 0, total: null, unit: firstUnit };
  let samples: Progress = noProgress;
  let media: Progress = noProgress;
  let message: string | null = null;
  const listeners = createListeners<OperationProgress>({ clock, log, keyOf: () => operation, isLast: hasEnded });

  const tracker: Tracker = {
    update(next) {
      if (isOver()) return;
      const at = clock.monotonic();
      status = 'in_progress';
      if (next.unit !== undefined && next.unit !== figures.unit) samples = noProgress;
      // What is not told again, such as by a transfer that has ended, stays as it was told last.
      const before = next.total === null && figures.media ? { media: figures.media } : {};
      figures = { unit: figures.unit ?? firstUnit, ...before, ...next };
      message = next.message ?? message;
      samples = withSample(samples, { at, amount: next.current });
      if (next.media) media = withSample(media, { at, amount: next.media.current });
      told();
    },
    end(how, words) {
      if (isOver()) return;
      if (how === 'completed' && figures.total !== null) figures = { ...figures, current: figures.total };
      status = how;
      message = words ?? message;
      told();
    },
    limited(change) {
      samples = underLimit(samples, change, clock.monotonic());
      media = noProgress;
    },
    look: () => stateAt(clock.monotonic()),
    listen: (listener, options) => listeners.listen(listener, options),
  };
  return tracker;

  function isOver(): boolean {
    return status !== 'starting' && status !== 'in_progress';
  }

  function told(): void {
    if (!listeners.idle) listeners.tell(tracker.look());
  }

  function stateAt(now: number): OperationProgress {
    const { current, total, unit = firstUnit } = figures;
    return {
      ...{ operation, status, current, total, unit, message },
      percentage: percentage(),
      speed: isOver() ? 0 : speedOf(samples, now),
      eta: isOver() ? null : timeToEnd(now),
      timestamp: clock.now(),
    };
  }

  function percentage(): number | null {
    if (status === 'completed') return 100;
    const part = figures.media ?? figures;
    const fraction = fractionOf(part.current, part.total);
    // A part that is only reckoned is not there before the operation says so.
    const most = figures.media ? 99.9 : 100;
    return fraction === null ? null : Math.min(most, fraction * 100);
  }

  function timeToEnd(now: number): TimeLeft | null {
    const part = figures.media ?? figures;
    if (part.total === null) return null;
    return timeLeft(figures.media ? media : samples, Math.max(0, part.total - part.current), now);
  }
}

/** No later state of the same operation follows. */
export function hasEnded({ status }: Pick<OperationProgress, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
