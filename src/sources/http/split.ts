import { missingRanges, type Range } from '../../downloads/ranges.ts';

/** A connection at work: it writes at `at` and will stop at `to`. */
export interface Busy {
  readonly at: number;
  readonly to: number;
  /** Bytes/s lately; undefined while it is too young to say. */
  readonly speed: number | undefined;
}

/** What a free connection does next. */
export type Work =
  /** Bytes that nobody fetches. */
  | { readonly take: 'gap'; readonly from: number; readonly to: number }
  /** The second half of what the connection `from` still has to do: it stops at `at` now. */
  | { readonly take: 'half'; readonly of: number; readonly at: number; readonly to: number };

/**
 * How many connections a file is worth: never more than pieces of `leastPiece` bytes are missing. Pure.
 */
export function connectionsFor(missing: number, wanted: number, leastPiece: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(missing / leastPiece)));
}

/**
 * Work for one free connection of `wanted`, or undefined when there is none worth it. Gaps come first: the
 * first one, cut to an even share of all that is missing, so that at the start the connections divide the
 * file among themselves, and after a resume fill the holes. Then half of the largest rest is taken over.
 * No piece is smaller than `leastPiece` bytes unless the gap itself is. Pure.
 */
export function splitWork(
  there: readonly Range[],
  total: number,
  busy: readonly Busy[],
  wanted: number,
  leastPiece: number,
): Work | undefined {
  const gaps = missingRanges([...there, ...busy.map(({ at, to }): Range => [at, to])], total);
  const [gap] = gaps;
  if (gap) {
    const open = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
    const share = Math.max(leastPiece, Math.ceil(open / Math.max(1, wanted - busy.length)));
    const length = gap[1] - gap[0];
    const rest = length - share;
    return { take: 'gap', from: gap[0], to: rest < leastPiece ? gap[1] : gap[0] + share };
  }
  const longest = busy.reduce<number>((best, each, index) => (restOf(each) > restOf(busy[best]) ? index : best), 0);
  const victim = busy[longest];
  if (!victim || restOf(victim) < 2 * leastPiece) return undefined;
  const at = victim.to - Math.floor(restOf(victim) / 2);
  return { take: 'half', of: longest, at, to: victim.to };
}

function restOf(busy: Busy | undefined): number {
  return busy ? busy.to - busy.at : 0;
}

/** A connection below this part of the mean of the others is worth opening again. */
const slowShare = 0.3;

/**
 * The connection that is to be opened again because it is much slower than the others, if there is one.
 * With fewer than three that can say their speed nobody is slow: there is no mean to speak of. Pure.
 */
export function slowest(busy: readonly Busy[]): number | undefined {
  const known = busy.flatMap(({ speed }, index) => (speed === undefined ? [] : [{ speed, index }]));
  if (known.length < 3) return undefined;
  const worst = known.reduce((least, each) => (each.speed < least.speed ? each : least));
  const others = known.filter((each) => each !== worst);
  const mean = others.reduce((sum, { speed }) => sum + speed, 0) / others.length;
  return worst.speed < slowShare * mean ? worst.index : undefined;
}
