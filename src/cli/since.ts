import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';

/** The moment (epoch ms) that was meant, told from now. */
export type Since = (now: number) => number;

export const sinceOption = (): Option =>
  new Option('--since <when>', 'only what was finished or changed since: 7d, or 2026-11-01').argParser(since);

/** `7d`, `12h`: so long ago. `2026-11-01`: the beginning of that day here. A time of ISO 8601: that moment. */
function since(text: string): Since {
  const written = text.trim();
  if (/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?$/i.test(written)) {
    const at = Date.parse(written.length === 10 ? `${written}T00:00:00` : written.replace(' ', 'T'));
    if (!Number.isNaN(at)) return () => at;
  } else if (/[a-z]/i.test(written)) {
    const ago = spanOf(written);
    if (ago !== undefined) return (now) => now - ago;
  }
  throw new InvalidArgumentError('It must be a time ago such as 7d or 12h, or a day such as 2026-11-01.');
}

function spanOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
