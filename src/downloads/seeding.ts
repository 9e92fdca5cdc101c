import type { SeedGoal } from '../config/seed.ts';
import { spanText } from './words.ts';

/**
 * What a completed torrent is besides: sent to others. `on`: whoever may seed it does; `paused` by a person; `ended`,
 * as `message` says why.
 */
export const seedingStates = ['on', 'paused', 'ended'] as const;
export type SeedingState = (typeof seedingStates)[number];

/** Of a completed download; a lease of its own goes with it. */
export interface Seeding {
  readonly state: SeedingState;
  readonly goal: SeedGoal;
  /** Bytes sent since it was complete. */
  readonly uploaded: number;
  /** Ms during which it was offered. */
  readonly time: number;
  /** One sentence, once it has ended. */
  readonly message: string | null;
  readonly token: number;
  /** The instance that seeds it. */
  readonly lockedBy: string | null;
  /** Epoch ms. */
  readonly leaseUntil: number | null;
}

/** Its files are being sent, or will be: nothing may remove them. */
export function isSeeded(seeding: Pick<Seeding, 'state'> | null): boolean {
  return seeding !== null && seeding.state !== 'ended';
}

/** Bytes sent for each byte of it; 0 for what has no bytes. */
export function ratioOf(uploaded: number, size: number | null): number {
  return size === null || size <= 0 ? 0 : uploaded / size;
}

/** `0.42`; never rounded up to a goal that is not reached. */
export function ratioText(ratio: number): string {
  return (Math.floor(ratio * 100) / 100).toFixed(2);
}

/** Why it is enough, in one sentence; undefined: it is not yet. Pure. */
export function seedingEnd(
  goal: SeedGoal,
  { uploaded, size, time }: { readonly uploaded: number; readonly size: number | null; readonly time: number },
): string | undefined {
  const ratio = ratioOf(uploaded, size);
  if (goal.ratio !== undefined && ratio >= goal.ratio) return `it was sent ${ratioText(ratio)} times, as asked for`;
  if (goal.time !== undefined && time >= goal.time) {
    return `it was offered for ${spanText(goal.time)}, as asked for (ratio ${ratioText(ratio)})`;
  }
  return undefined;
}

/** Somebody sends it now. `now`: epoch ms. */
export function isSeeding({ state, lockedBy, leaseUntil }: Seeding, now: number): boolean {
  return state === 'on' && lockedBy !== null && (leaseUntil ?? 0) > now;
}

/** `seeding, ratio 0.42`; undefined: nothing is to be said. `size` in bytes, `now` epoch ms. */
export function seedingText(seeding: Seeding | null, size: number | null, now: number): string | undefined {
  if (seeding === null || seeding.state === 'ended') return undefined;
  const ratio = `ratio ${ratioText(ratioOf(seeding.uploaded, size))}`;
  if (seeding.state === 'paused') return `seeding paused, ${ratio}`;
  return isSeeding(seeding, now) ? `seeding, ${ratio}` : `to be seeded, ${ratio}`;
}
