/**
 * How much a download could use of a shared limit, from what it made of the shares it has had. Pure; moments
 * are monotonic ms.
 */
export type Demand = readonly Look[];

interface Look {
  readonly at: number;
  readonly bytes: number;
  /** Bytes that it was allowed since the look before. */
  readonly allowed: number;
}

export const newDemand: Demand = [];

/** Looks back over so many ms: long enough to be calm, short enough to give back soon what is needed again. */
const span = 3000;
/** Whoever takes this part of its share wants more. */
const hungry = 0.85;
/** Bytes come in portions: so many may still be on their way at each look. */
const portions = 16_384;
/** A slow one may grow by this factor before its next look. */
const growth = 1.3;

/** `bytes` so far, and the share in bytes/s that it has had since the look before. */
export function withLook(
  demand: Demand,
  look: { readonly at: number; readonly bytes: number; readonly share: number },
): Demand {
  const last = demand.at(-1);
  if (!last || look.bytes < last.bytes || look.at < last.at) return [{ at: look.at, bytes: look.bytes, allowed: 0 }];
  const allowed = (look.share * (look.at - last.at)) / 1000;
  const kept = demand.filter((_, n) => n === demand.length - 1 || (demand[n + 1]?.at ?? 0) > look.at - span);
  return [...kept, { at: look.at, bytes: look.bytes, allowed }];
}

/** Bytes/s that it could use, Infinity while it takes all that it is given; never less than `least`. */
export function wantOf(demand: Demand, least: number): number {
  const [first, ...later] = demand;
  const last = later.at(-1);
  if (!first || !last || last.at - first.at < span) return Number.POSITIVE_INFINITY;
  const taken = last.bytes - first.bytes;
  const allowed = later.reduce((sum, look) => sum + look.allowed, 0);
  if (taken + portions >= allowed * hungry) return Number.POSITIVE_INFINITY;
  return Math.max(least, ((taken * 1000) / (last.at - first.at)) * growth);
}
