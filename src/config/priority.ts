/** Priorities: the higher goes first; without one it is 0. */
export const priorityRange = { least: -1000, most: 1000 } as const;

const named: Readonly<Record<string, number>> = { low: -100, normal: 0, high: 100 };

/** `high`, `normal`, `low`, or a whole number. Throws RangeError. */
export function parsePriority(written: string | number): number {
  const text = String(written).trim().toLowerCase();
  const number = named[text] ?? (/^[+-]?\d{1,4}$/.test(text) ? Number(text) : Number.NaN);
  if (number >= priorityRange.least && number <= priorityRange.most) return number;
  throw new RangeError(`"${written}" is not a priority; it ${priorityAllowed}`);
}

export const priorityAllowed = `must be high, normal, low, or a whole number from ${priorityRange.least} to ${priorityRange.most}`;
