/**
 * The life of a download. This table is the only place that says which change is legal; the store
 * refuses every other. `docs/design.md` draws it.
 */
export const statuses = [
  'pending',
  'downloading',
  'processing',
  'retrying',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'cleaned',
] as const;

export type Status = (typeof statuses)[number];

/** What each state means, in the words a person is shown. */
export const meaning = {
  pending: 'accepted, waits for its turn',
  downloading: 'an instance holds the lease, bytes move',
  processing: 'the bytes are in place under their final name, the steps after them run',
  retrying: 'waits for its next try',
  paused: 'stopped by a person or a named rule, until resumed',
  completed: 'delivered',
  failed: 'final, or all tries used up; what was fetched is kept',
  cancelled: 'given up by a person',
  cleaned: 'was delivered; its file was removed by retention',
} as const satisfies Record<Status, string>;

/** Every legal change of state: from each key to each member of its list. */
const exits = {
  pending: ['downloading', 'processing', 'paused', 'cancelled'],
  downloading: ['processing', 'retrying', 'failed', 'paused', 'cancelled', 'pending'],
  processing: ['completed', 'retrying', 'failed', 'paused', 'cancelled', 'pending'],
  retrying: ['downloading', 'processing', 'paused', 'cancelled', 'pending'],
  paused: ['pending', 'cancelled'],
  completed: ['cleaned'],
  failed: ['pending'],
  cancelled: ['pending'],
  cleaned: ['pending'],
} as const satisfies Record<Status, readonly Status[]>;

/** True when a download may go from `from` to `to`. */
export function mayChange(from: Status, to: Status): boolean {
  return (exits[from] as readonly Status[]).includes(to);
}

/** Held by an instance: only the holder of the lease changes these. */
export const leasedStatuses = ['downloading', 'processing'] as const satisfies Status[];

/** Not at an end: a restart, another instance or a person still has something to do with these. */
export const unfinishedStatuses = [
  'pending',
  'downloading',
  'processing',
  'retrying',
  'paused',
] as const satisfies Status[];

export function isUnfinished(status: Status): boolean {
  return (unfinishedStatuses as readonly Status[]).includes(status);
}

export const wishes = ['pause', 'resume', 'cancel', 'retry', 'remove', 'nudge'] as const;
export type Wish = (typeof wishes)[number];

/** The states in which a person may ask for each wish; in any other it is a clear error, never a no-op. */
const allowedIn = {
  pause: ['pending', 'downloading', 'processing', 'retrying'],
  resume: ['paused'],
  cancel: ['pending', 'downloading', 'processing', 'retrying', 'paused'],
  retry: ['retrying', 'failed', 'cancelled', 'cleaned'],
  remove: statuses,
  nudge: ['downloading'],
} as const satisfies Record<Wish, readonly Status[]>;

export function mayWish(status: Status, wish: Wish): boolean {
  return (allowedIn[wish] as readonly Status[]).includes(status);
}

/** Where a wish leads from an allowed state; `remove` and `nudge` change no state. */
export const wishLeadsTo = {
  pause: 'paused',
  resume: 'pending',
  cancel: 'cancelled',
  retry: 'pending',
} as const satisfies Partial<Record<Wish, Status>>;
