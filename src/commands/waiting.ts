import type { Download } from '../downloads/download.ts';
import type { WaitingFor } from '../downloads/waiting.ts';
import { type CommandParts, runsForAll } from './parts.ts';

/** What the rows do not say of the queue. */
export interface QueueFacts {
  /** Hours in which nothing may be fetched. */
  readonly closed: boolean;
  /** Registered instances, and whether each takes what belongs to nobody. */
  readonly instances: ReadonlyMap<string, { readonly forAll: boolean }>;
  /** How many downloads each holds. */
  readonly leased: ReadonlyMap<string, number>;
}

/**
 * What a pending download waits for, where its row does not say it: it is worked out and never written, so
 * that an hour that begins does not write to every row. Pure.
 */
export function waitingOf(download: Download, { closed, instances, leased }: QueueFacts): WaitingFor | null {
  const { status, waitingFor, runner, downloadPath, wish } = download;
  if (status !== 'pending' || waitingFor !== null || wish !== null) return waitingFor;
  if (closed && downloadPath === null) return 'window';
  const isBusy = (uid: string) => (leased.get(uid) ?? 0) > 0;
  if (runner !== null && instances.has(runner)) return isBusy(runner) ? 'slot' : null;
  return [...instances].some(([uid, { forAll }]) => forAll && isBusy(uid)) ? 'slot' : null;
}

/** The same rows, each with what it waits for. */
export async function withWaiting(parts: CommandParts, rows: readonly Download[]): Promise<Download[]> {
  if (!rows.some(({ status }) => status === 'pending')) return [...rows];
  const { store, schedule, clock } = parts;
  const [instances, leased] = await Promise.all([store.instances(), store.leased()]);
  const facts: QueueFacts = {
    closed: schedule.closedUntil(clock.now()) !== undefined,
    instances: new Map(instances.map((instance) => [instance.uid, { forAll: runsForAll(instance) }])),
    leased,
  };
  return rows.map((row) => {
    const waitingFor = waitingOf(row, facts);
    return waitingFor === row.waitingFor ? row : { ...row, waitingFor };
  });
}
