import type { Download } from '../downloads/download.ts';

export interface Limits {
  /** Downloads that may start now. */
  readonly free: number;
  /** Ids that run here already. */
  readonly running: ReadonlySet<number>;
}

/** Which of the candidates (best first) to start now. Pure. */
export function choose(candidates: readonly Download[], limits: Limits): Download[] {
  return candidates.filter((candidate) => !limits.running.has(candidate.id)).slice(0, Math.max(0, limits.free));
}
