/**
 * Byte ranges: half-open `[from, to)`, in bytes. A list of ranges is *normal* when it is sorted,
 * disjoint, without empty or touching members. Every function returns normal lists.
 */
export type Range = readonly [from: number, to: number];

/** Sorts, drops empty members and joins those that overlap or touch. */
export function normalRanges(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter(([from, to]) => to > from).toSorted((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** The bytes of `[0, total)` that `ranges` leave out; what a download still has to fetch. */
export function missingRanges(ranges: readonly Range[], total: number): Range[] {
  const missing: Range[] = [];
  let at = 0;
  for (const [from, to] of normalRanges(ranges)) {
    if (from >= total) break;
    if (from > at) missing.push([at, from]);
    at = Math.max(at, to);
  }
  if (at < total) missing.push([at, total]);
  return missing;
}

/** How many bytes the ranges cover together. */
export function bytesIn(ranges: readonly Range[]): number {
  const [only, another] = ranges;
  // Of 100,000 files each has one at most, and all are counted often.
  if (!another) return only ? Math.max(0, only[1] - only[0]) : 0;
  return normalRanges(ranges).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** The end of the range that starts at 0, or 0: how far the file is complete from its beginning. */
export function contiguousFromStart(ranges: readonly Range[]): number {
  const first = normalRanges(ranges)[0];
  return first && first[0] === 0 ? first[1] : 0;
}

/** `ranges` without what lies at or above `limit`. */
export function cutRanges(ranges: readonly Range[], limit: number): Range[] {
  return normalRanges(ranges.map(([from, to]): Range => [from, Math.min(to, limit)]));
}

/** `ranges` without the bytes of `holes`. */
export function cutOut(ranges: readonly Range[], holes: readonly Range[]): Range[] {
  const end = ranges.reduce((most, [, to]) => Math.max(most, to), 0);
  return missingRanges([...missingRanges(ranges, end), ...holes], end);
}
