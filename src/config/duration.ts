const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** What `parseDuration` reads, as far as a pattern can say it; for editors and schemas too. */
export const durationForm = /^\s*(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|[dhms]))+)\s*$/;

/**
 * A duration as a person writes it, as whole ms: `500ms`, `30s`, `10m`, `1h30m`, `2d`; a bare number
 * is seconds. Throws a RangeError whose message is one sentence.
 */
export function parseDuration(text: string | number): number {
  const written = typeof text === 'number' ? String(text) : text.trim();
  const ms = /^\d+(?:\.\d+)?$/.test(written) ? Number(written) * 1000 : sumOfParts(written);
  if (!Number.isSafeInteger(Math.round(ms))) throw new RangeError(complaint(text));
  return Math.round(ms);
}

/** Shortest text that `parseDuration` reads back to the same ms: `1h30m`, `500ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

function sumOfParts(written: string): number {
  if (!durationForm.test(written)) return Number.NaN;
  let sum = 0;
  for (const [, count, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    sum += Number(count) * (units.find(([name]) => name === unit)?.[1] ?? Number.NaN);
  }
  return sum;
}

function complaint(text: string | number): string {
  return `${JSON.stringify(text)} is not a duration; write it like 500ms, 30s, 10m or 1h30m, or as a number of seconds.`;
}
