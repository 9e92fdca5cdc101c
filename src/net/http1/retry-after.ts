import { httpDate } from './http-date.ts';

/**
 * When to come back, epoch ms, from `Retry-After` (RFC 9110 section 10.2.3): seconds from now, or a
 * date that is read against the answer's own `Date`, since the server's clock may be wrong. Undefined
 * where it is absent or nonsense; never in the past. Pure.
 */
export function retryAfter(value: string | undefined, date: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value)) return now + Number(value) * 1000;
  const at = httpDate(value);
  if (at === undefined) return undefined;
  return now + Math.max(0, at - (httpDate(date) ?? now));
}
