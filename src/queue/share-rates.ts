/** What several downloads may fetch together, bytes/s. */
export interface SharedLimit {
  readonly rate: number;
  /** Their places in the list of wants. */
  readonly members: readonly number[];
}

/**
 * Shares limits fairly (max-min): everybody gets the same, but nobody more than it wants (bytes/s, Infinity
 * for all it can get), and what one leaves goes to the others. Pure. Infinity: nothing limits it.
 */
export function shareRates(wants: readonly number[], limits: readonly SharedLimit[]): number[] {
  const shares: (number | undefined)[] = wants.map(() => undefined);
  for (;;) {
    const levels = limits.map((limit) => levelOf(limit, shares));
    const level = Math.min(Number.POSITIVE_INFINITY, ...levels);
    if (giveModest(wants, level, shares)) continue;
    if (level === Number.POSITIVE_INFINITY) return shares.map((share) => share ?? level);
    for (const [at, { members }] of limits.entries()) {
      if (levels[at] === level) for (const member of members) shares[member] ??= level;
    }
  }
}

/** Whoever wants no more than the level of the tightest limit gets it, and leaves the rest; false: nobody does. */
function giveModest(wants: readonly number[], level: number, shares: (number | undefined)[]): boolean {
  let given = false;
  for (const [n, want] of wants.entries()) {
    if (shares[n] !== undefined || want > level || want === Number.POSITIVE_INFINITY) continue;
    shares[n] = want;
    given = true;
  }
  return given;
}

/** What each of the members without a share gets when they divide what is left; Infinity when there are none. */
function levelOf({ rate, members }: SharedLimit, shares: readonly (number | undefined)[]): number {
  let left = rate;
  let open = 0;
  for (const member of members) {
    const share = shares[member];
    if (share === undefined) open += 1;
    else left -= share;
  }
  return open === 0 ? Number.POSITIVE_INFINITY : Math.max(0, left) / open;
}
