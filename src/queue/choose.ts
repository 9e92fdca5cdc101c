import type { Download } from '../downloads/download.ts';

export interface Limits {
  /** Downloads that may start now. */
  readonly free: number;
  /** Ids that run here already. */
  readonly running: ReadonlySet<number>;
  /** Hours in which nothing may be fetched: only what needs no fetching goes on. */
  readonly closed: boolean;
}

/** Which of the candidates (best first) to start now. Pure. */
export function choose(candidates: readonly Download[], limits: Limits): Download[] {
  return candidates
    .filter((candidate) => !limits.running.has(candidate.id) && (!limits.closed || fetchesNothing(candidate)))
    .slice(0, Math.max(0, limits.free));
}

/** It is only to be cleared away, or its bytes are in place. */
function fetchesNothing({ wish, downloadPath }: Download): boolean {
  return wish === 'cancel' || wish === 'remove' || downloadPath !== null;
}
