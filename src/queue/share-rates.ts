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
  while (shares.includes(undefined)) {
    const levels = limits.map((limit) => levelOf(limit, shares));
    const open = wants.filter((_, n) => shares[n] === undefined);
    const level = Math.min(...levels, ...open);
    for (const [n, want] of wants.entries()) {
      const full = limits.some(({ members }, at) => levels[at] === level && members.includes(n));
      if (shares[n] === undefined && (full || want === level)) shares[n] = level;
    }
  }
  return shares.map((share) => share ?? Number.POSITIVE_INFINITY);
}

/** What each of the members without a share gets when they divide what is left. */
function levelOf({ rate, members }: SharedLimit, shares: readonly (number | undefined)[]): number {
  const given = members.reduce((sum, member) => sum + (shares[member] ?? 0), 0);
  const open = members.filter((member) => shares[member] === undefined).length;
  return open === 0 ? Number.POSITIVE_INFINITY : Math.max(0, rate - given) / open;
}
