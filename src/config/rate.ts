import { formatSize, parseSize } from './size.ts';

/** A rate limit: bytes/s, or `off` for none. */
export type Rate = number | 'off';

/** No limit is lower than this, bytes/s: below it a server would take us for dead. */
export const leastRate = 1000;

/** What `parseRate` reads; for editors and schemas too. */
export const rateForm = /^\s*(?:off|\d+(?:\.\d+)?\s*(?:[kKmMgGtT][iI]?)?[bB]?(?:\/s)?)\s*$/;

const bareUnit = /[kmgt]i?$/i;

/**
 * A rate as a person writes it: `2MB`, `500k`, `1.5 MiB/s`, a bare number of bytes a second, or `off`.
 * Throws a RangeError whose message is one sentence.
 */
export function parseRate(written: string | number): Rate {
  const text = String(written).trim();
  if (text === 'off') return 'off';
  const size = text.replace(/\/s$/, '');
  const rate = rateForm.test(text) ? parseSize(bareUnit.test(size) ? `${size}B` : size) : Number.NaN;
  if (!(rate >= leastRate)) throw new RangeError(`${JSON.stringify(written)} is not a rate; it ${rateAllowed}.`);
  return rate;
}

export const rateAllowed = `must be off, or a rate such as 2MB or 500kB (bytes a second, at least ${formatSize(leastRate)})`;

/** `2MB/s`, or `off`; `parseRate` reads it back. */
export function formatRate(rate: Rate): string {
  return rate === 'off' ? rate : `${formatSize(rate)}/s`;
}

/** Is this a rate that Longhaul can hold? For values that come from another program. */
export function isRate(value: unknown): value is Rate {
  return value === 'off' || (typeof value === 'number' && Number.isSafeInteger(value) && value >= leastRate);
}

/** For arithmetic: no limit is infinite. */
export function bytesPerSecond(rate: Rate | undefined): number {
  return rate === undefined || rate === 'off' ? Number.POSITIVE_INFINITY : rate;
}
