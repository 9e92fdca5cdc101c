import type { SlotLimits } from '../config/slots.ts';
import type { Download } from '../downloads/download.ts';
import { peerWait, type WaitingFor } from '../downloads/waiting.ts';
import { type Leased, runsForAll } from '../store/queue-facts.ts';
import type { CommandParts } from './parts.ts';

/** What the rows do not say of the queue. */
export interface QueueFacts {
  readonly now: number;
  /** Hours in which nothing may be fetched. */
  readonly closed: boolean;
  /** Registered instances, and whether each takes what belongs to nobody. */
  readonly instances: ReadonlyMap<string, { readonly forAll: boolean }>;
  readonly leased: readonly Leased[];
  readonly slots: SlotLimits;
}

/**
 * What a download in the queue waits for, where its row does not say it: it is worked out and never written, so
 * that an hour that begins does not write to every row. Pure.
 */
export function waitingOf(download: Download, facts: QueueFacts): WaitingFor | null {
  const { waitingFor, wish, downloadPath } = download;
  if (!isQueued(download, facts.now) || wish !== null) return waitingFor ?? peerWait(download, facts.now);
  if (downloadPath === null && facts.closed) return 'window';
  if (runners(download, facts).length === 0) return download.status === 'pending' ? 'instance' : waitingFor;
  if (downloadPath === null && isFull(download, facts)) return 'host';
  if (downloadPath === null && isCategoryFull(download, facts)) return 'category';
  if (download.leaseToken > 0 && facts.now - download.updatedAt < momentOfAClaim) return null;
  const isBusy = runners(download, facts).some((uid) => facts.leased.some(({ instance }) => instance === uid));
  if (!isBusy) return null;
  return downloadPath !== null && (download.options.steps ?? []).length > 0 ? 'step' : 'slot';
}

/** Where somebody else has a free place, what was let go (by a process that died, say) is taken within so many ms. */
const momentOfAClaim = 1000;

/** The same rows, each with what it waits for. */
export async function withWaiting<Row extends Download>(parts: CommandParts, rows: readonly Row[]): Promise<Row[]> {
  const { store, schedule, clock, slots } = parts;
  const now = clock.now();
  if (!rows.some((row) => isQueued(row, now) || peerWait(row, now) !== null)) return [...rows];
  const [instances, leased] = await Promise.all([store.instances(), store.leased()]);
  const facts: QueueFacts = {
    now,
    closed: schedule.closedUntil(now) !== undefined,
    instances: new Map(instances.map((instance) => [instance.uid, { forAll: runsForAll(instance) }])),
    leased,
    slots,
  };
  return rows.map((row) => {
    const waitingFor = waitingOf(row, facts);
    return waitingFor === row.waitingFor ? row : { ...row, waitingFor };
  });
}

/** It waits for its turn, or its next try is due and does. */
function isQueued({ status, waitingFor, nextAttemptAt }: Download, now: number): boolean {
  return (status === 'pending' && waitingFor === null) || (status === 'retrying' && (nextAttemptAt ?? now) <= now);
}

/** The registered instances that may take it. */
function runners({ runner }: Download, { instances }: QueueFacts): string[] {
  if (runner !== null && instances.has(runner)) return [runner];
  return [...instances].filter(([, { forAll }]) => forAll).map(([uid]) => uid);
}

function isFull({ host }: Download, { leased, slots }: QueueFacts): boolean {
  const most = slots.ofHost(host);
  return most !== undefined && fetched(leased, (row) => row.host === host) >= most;
}

function isCategoryFull({ category }: Download, { leased, slots }: QueueFacts): boolean {
  const most = slots.ofCategory(category);
  return most !== undefined && fetched(leased, (row) => row.category === category) >= most;
}

function fetched(leased: readonly Leased[], counts: (row: Leased) => boolean): number {
  return leased.reduce((sum, row) => sum + (row.status === 'downloading' && counts(row) ? row.count : 0), 0);
}
