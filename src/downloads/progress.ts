/**
 * Speed, time left and percentage from samples of "so much at that moment". Pure: samples
 * come with their own timestamps (monotonic ms), the answers are asked for a moment handed in.
 */
export interface Sample {
  /** Monotonic ms. */
  readonly at: number;
  /** So far, in whatever is counted: bytes, ms of media, files. */
  readonly amount: number;
}

/** The samples of the last window, oldest first; start with `noProgress`. */
export type Progress = readonly Sample[];

export const noProgress: Progress = [];

/** The speed is the average of this many ms: long enough to be calm, short enough to be true. */
export const speedWindow = 10_000;
/** Samples closer together than this add nothing; the newest replaces its neighbour. */
const spacing = 100;

/**
 * `progress` with one more sample. Bytes that went back (a download begun again) or a clock that
 * went back start a new window: an average over two different things would be a lie.
 */
export function withSample(progress: Progress, sample: Sample): Progress {
  const last = progress.at(-1);
  if (!last || sample.amount < last.amount || sample.at < last.at) return [sample];
  const before = progress.at(-2);
  const kept = before && sample.at - before.at < spacing ? progress.slice(0, -1) : progress;
  return [...kept.slice(firstNeeded(kept, sample.at)), sample];
}

/** Average bytes/s over the window that ends at `now`; silence since the last sample counts. 0 while nothing is known. */
export function speedOf(progress: Progress, now: number): number {
  const first = progress[firstNeeded(progress, now)];
  const last = progress.at(-1);
  if (!first || !last || now <= first.at) return 0;
  const from = now - first.at > speedWindow ? amountAt(progress, now - speedWindow) : first.amount;
  return ((last.amount - from) * 1000) / Math.min(now - first.at, speedWindow);
}

/** A limit that rises by less than this part is not worth a new window: shares rise a little all the time. */
const notableRise = 1.5;
/** Of its limit, who moves at this part or more is held back by it. */
const heldBack = 0.8;

/**
 * `progress` when a limit (bytes/s; 0: none) takes the place of another: what came under the old one must not be
 * shown for as long as the window lasts. Under a limit below the speed it goes on as if it had held all along; where a
 * limit that held it back is gone, a new window begins.
 */
export function underLimit(
  progress: Progress,
  { before, after }: { readonly before: number; readonly after: number },
  now: number,
): Progress {
  const last = progress.at(-1);
  if (!last || before === after) return progress;
  const speed = speedOf(progress, now);
  if (after > 0 && after < speed) {
    return [
      { at: now - speedWindow, amount: last.amount - (after * speedWindow) / 1000 },
      { at: now, amount: last.amount },
    ];
  }
  const isFreed = before > 0 && (after === 0 || after > before * notableRise) && speed > before * heldBack;
  return isFreed ? [{ at: now, amount: last.amount }] : progress;
}

/** Time left, ms: what is expected, and between what it will most probably be; `most` null: it may never end. */
export interface TimeLeft {
  readonly expected: number;
  readonly least: number;
  readonly most: number | null;
}

/**
 * Time left for `rest` more, as the window that ends at `now` promises it. The interval is one standard deviation of
 * the speed to either side, taken over parts of the window. Null while the speed is unknown or 0.
 */
export function timeLeft(progress: Progress, rest: number, now: number): TimeLeft | null {
  const speed = speedOf(progress, now);
  const expected = etaOf(0, rest, speed);
  if (expected === null) return null;
  const spread = spreadOf(progress, now);
  return {
    expected,
    least: Math.min(expected, etaOf(0, rest, speed + spread) ?? expected),
    most: spread < speed ? etaOf(0, rest, speed - spread) : null,
  };
}

/** Expected ms to the end at this speed, rounded up; null while the size or the speed is unknown. */
export function etaOf(bytes: number, totalBytes: number | null, speed: number): number | null {
  if (totalBytes === null) return null;
  if (bytes >= totalBytes) return 0;
  const ms = Math.ceil(((totalBytes - bytes) * 1000) / speed);
  return speed > 0 && Number.isSafeInteger(ms) ? ms : null;
}

/** 0 to 1; null while the size is unknown. 1 only when every byte is there. */
export function fractionOf(bytes: number, totalBytes: number | null): number | null {
  if (totalBytes === null) return null;
  if (bytes >= totalBytes) return 1;
  return Math.max(0, bytes / totalBytes);
}

/** `45.3 %`, cut and not rounded, so that 100 % is never said too early; empty while unknown. */
export function percentText(fraction: number | null): string {
  if (fraction === null) return '';
  if (fraction >= 1) return '100 %';
  return `${(Math.floor(fraction * 1000) / 10).toFixed(1)} %`;
}

/** Index of the newest sample that is not younger than the window: what lies before it is not needed. */
function firstNeeded(progress: Progress, now: number): number {
  const edge = now - speedWindow;
  const next = progress.findIndex((sample) => sample.at > edge);
  if (next === -1) return Math.max(0, progress.length - 1);
  return Math.max(0, next - 1);
}

/** What there was at a moment between two samples, as if it had come evenly. */
function amountAt(progress: Progress, at: number): number {
  const next = progress.findIndex((sample) => sample.at > at);
  const after = next === -1 ? undefined : progress[next];
  const before = progress.at(next === -1 ? -1 : Math.max(0, next - 1));
  if (!before) return 0;
  if (!after || after.at === before.at) return before.amount;
  const share = Math.min(1, Math.max(0, (at - before.at) / (after.at - before.at)));
  return before.amount + (after.amount - before.amount) * share;
}

/** Into so many parts the window is cut to see how even the speed is. */
const parts = 5;

/** Standard deviation of the speed over the parts of the window. */
function spreadOf(progress: Progress, now: number): number {
  const first = progress[firstNeeded(progress, now)];
  if (!first) return 0;
  const length = Math.min(now - first.at, speedWindow) / parts;
  const speeds = Array.from({ length: parts }, (_, n) => {
    const end = now - n * length;
    return ((amountAt(progress, end) - amountAt(progress, end - length)) * 1000) / length;
  });
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / parts;
  return Math.sqrt(speeds.reduce((sum, speed) => sum + (speed - mean) ** 2, 0) / parts);
}
