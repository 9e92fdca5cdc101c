/**
 * The candidate that was most likely meant, or undefined when none is near: spelling mistakes,
 * `maxTries` and `max-tries` for `max_tries`, and a key without its section.
 */
export function nearest(written: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(written);
  const far = Math.max(2, wanted.length / 3);
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const forms = [plain(candidate), plain(lastPart(candidate))];
    const distance = Math.min(
      editDistance(wanted, forms[0] ?? '', far),
      editDistance(plain(lastPart(written)), forms[1] ?? '', far) + 0.5,
    );
    if (distance <= far && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Least number of inserted, removed, changed or swapped characters (optimal string alignment); Infinity where the lengths tell that it is more than `most`. */
function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    before = last;
    last = next;
  }
  return last[to.length] ?? 0;
}

function plain(key: string): string {
  return key.slice(0, 100).toLowerCase().replaceAll(/[_-]/g, '');
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
