import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import type { ProgressUnit } from './tracker.ts';

/** Figures in the words a person reads; the same on the terminal, in messages and in sentences. */

/** `1.23 GB`, SI units as network and disk makers count; `unknown size` for null. */
export function bytesText(bytes: number | null): string {
  return bytes === null ? 'unknown size' : prettyBytes(bytes);
}

/** `45.3 MB of 1.2 GB`, or only what is there while the whole is unknown. */
export function amountText(bytes: number, totalBytes: number | null): string {
  return totalBytes === null ? prettyBytes(bytes) : `${prettyBytes(bytes)} of ${prettyBytes(totalBytes)}`;
}

/** `12.3 MB/s`; speed in bytes/s. */
export function speedText(speed: number): string {
  return `${prettyBytes(Math.max(0, Math.round(speed)))}/s`;
}

/** How much of what is counted: `45.3 MB of 1.2 GB`, `1m 5s of 3m 20s` of media, `3 of 7`. */
export function amountIn(unit: ProgressUnit, current: number, total: number | null): string {
  if (unit === 'bytes') return amountText(current, total);
  const text = (amount: number): string => (unit === 'ms' ? wholeSeconds(amount, Math.floor) : String(amount));
  return total === null ? text(current) : `${text(current)} of ${text(total)}`;
}

/** `12.3 MB/s`, `29.7x` faster than playing; empty for files, which are not alike. */
export function speedIn(unit: ProgressUnit, speed: number): string {
  if (unit === 'bytes') return speedText(speed);
  return unit === 'ms' && speed > 0 ? `${(speed / 1000).toPrecision(3)}x` : '';
}

/** Tenths would only flicker. */
export function wholeSeconds(ms: number, round: (seconds: number) => number = Math.ceil): string {
  return spanText(round(ms / 1000) * 1000).replace(/^0 ms$/, '0 s');
}

/** `850 ms`, `4.2 s`, `3m 20s`, `2d 4h`: the two largest units of a span of ms. */
export function spanText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 60_000) return `${Math.floor(span / 100) / 10} s`;
  return prettyMs(span, { unitCount: 2, secondsDecimalDigits: 0 });
}

/** A moment in local time, as near as a person says it: `14:05:09`, or `2026-11-21 14:05` on another day. */
export function momentText(at: number, now: number): string {
  const day = dayText(at);
  const time = new Date(at).toTimeString();
  return day === dayText(now) ? time.slice(0, 8) : `${day} ${time.slice(0, 5)}`;
}

function dayText(at: number): string {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
