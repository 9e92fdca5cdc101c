import { durationForm, formatDuration, parseDuration } from './duration.ts';

/** How long a complete torrent is sent to others: until what comes first; with neither until it is stopped. */
export interface SeedGoal {
  /** Bytes sent for each byte of it. */
  readonly ratio?: number;
  /** Ms during which it was offered. */
  readonly time?: number;
}

export const seedAllowed =
  'must be off, forever, a ratio such as 1.5, a time such as 2h, or both (1.5,2h: until the first of them)';

const mostRatio = 10_000;
const ratioForm = /^\d{1,5}(?:\.\d{1,4})?$/;

/**
 * What a person writes: `off`, `forever`, `1.5`, `2h`, `1.5,2h`. Undefined: it is not seeded. Throws a RangeError whose
 * message is one sentence.
 */
export function parseSeed(written: string | number): SeedGoal | undefined {
  const text = String(written).trim().toLowerCase();
  if (text === 'off') return undefined;
  if (text === 'forever') return {};
  const goal: { ratio?: number; time?: number } = {};
  for (const part of text.split(',').map((each) => each.trim())) {
    const isRatio = ratioForm.test(part);
    if ((isRatio ? goal.ratio : goal.time) !== undefined) throw new RangeError(complaint(written));
    if (isRatio) goal.ratio = Number(part);
    else if (durationForm.test(part)) goal.time = parseDuration(part);
    else throw new RangeError(complaint(written));
  }
  if ((goal.ratio ?? 1) > mostRatio || goal.ratio === 0 || goal.time === 0) throw new RangeError(complaint(written));
  return goal;
}

/** The shortest text that `parseSeed` reads back. */
export function formatSeed(goal: SeedGoal | undefined): string {
  if (!goal) return 'off';
  const parts = [
    ...(goal.ratio === undefined ? [] : [String(goal.ratio)]),
    ...(goal.time === undefined ? [] : [formatDuration(goal.time)]),
  ];
  return parts.length === 0 ? 'forever' : parts.join(',');
}

function complaint(written: string | number): string {
  return `${JSON.stringify(written)} does not say how long to seed; it ${seedAllowed}.`;
}
