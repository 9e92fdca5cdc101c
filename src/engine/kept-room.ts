import type { Room } from '../store/queue-facts.ts';

/**
 * Who may have how much of the room on a volume. Pure. Those that have begun go first, as their bytes take space while
 * they wait: what each of them needs that would fit alone is kept from those that have not; who never fits holds up nobody.
 */
export function shareRoom(room: number, waited: readonly { readonly bytes: number }[]): Room {
  const kept = waited.reduce((sum, { bytes }) => sum + (bytes <= room ? bytes : 0), 0);
  return { begun: Math.max(0, room), fresh: Math.max(0, room - kept) };
}
