import { type Status, statuses } from '../downloads/states.ts';
import type { Figures } from '../store/store.ts';

/** Figures over many downloads. Bytes, bytes/s, counts. */
export interface Stats {
  /** What was completed or last changed since, epoch ms; null: everything. */
  readonly since: number | null;
  readonly total: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  readonly bySource: readonly StatsPart[];
  /** Those without a category come under ''. */
  readonly byCategory: readonly StatsPart[];
  /** Oldest first; days of this machine's time zone, as `2026-11-21`, in which something came to its end. */
  readonly byDay: readonly StatsDay[];
  /** Of all that was delivered, also of what was cleaned since. */
  readonly deliveredBytes: number;
  /** By all tries, also those of downloads that failed. */
  readonly fetchedBytes: number;
  /** While bytes were fetched, over all tries; null: nothing was. */
  readonly averageSpeed: number | null;
  /** The highest of any try over some seconds; null: nothing was fetched. */
  readonly peakSpeed: number | null;
  /** Completed ones among those that were completed or failed, 0 to 1; null: there are none. */
  readonly successRate: number | null;
  readonly tries: number;
  readonly retries: number;
  /** Tries that found bytes of an earlier one, and those that went on from them. */
  readonly resumes: { readonly tried: number; readonly succeeded: number };
}

export interface StatsPart {
  readonly name: string;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly bytes: number;
}

export interface StatsDay {
  readonly day: string;
  readonly completed: number;
  readonly failed: number;
  readonly bytes: number;
}

/** Statistics from the sums of a store. Pure. */
export function statsOf({ groups, ends, attempts }: Figures, since: number | null): Stats {
  const byStatus = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
  for (const { status, count } of groups) byStatus[status] += count;
  const completed = byStatus.completed + byStatus.cleaned;
  const average = attempts.bytes > 0 && attempts.ms > 0 ? Math.round((attempts.bytes * 1000) / attempts.ms) : null;
  return {
    since,
    total: sumOf(groups, ({ count }) => count),
    byStatus,
    bySource: partsOf(groups, ({ source }) => source),
    byCategory: partsOf(groups, ({ category }) => category ?? ''),
    byDay: daysOf(ends),
    deliveredBytes: sumOf(groups.filter(isDelivered), ({ bytes }) => bytes),
    fetchedBytes: attempts.bytes,
    averageSpeed: average,
    peakSpeed: average === null ? null : Math.max(average, attempts.peak),
    successRate: completed + byStatus.failed === 0 ? null : completed / (completed + byStatus.failed),
    tries: attempts.tries,
    retries: sumOf(groups, ({ retries }) => retries),
    resumes: { tried: attempts.resumes, succeeded: attempts.resumed },
  };
}

type Group = Figures['groups'][number];

function isDelivered({ status }: Group): boolean {
  return status === 'completed' || status === 'cleaned';
}

/** Most downloads first. */
function partsOf(groups: readonly Group[], nameOf: (group: Group) => string): StatsPart[] {
  const parts = Map.groupBy(groups, nameOf);
  return [...parts]
    .map(([name, members]) => ({
      name,
      total: sumOf(members, ({ count }) => count),
      completed: sumOf(members.filter(isDelivered), ({ count }) => count),
      failed: sumOf(
        members.filter(({ status }) => status === 'failed'),
        ({ count }) => count,
      ),
      bytes: sumOf(members.filter(isDelivered), ({ bytes }) => bytes),
    }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

function daysOf(ends: Figures['ends']): StatsDay[] {
  const days = new Map<string, { day: string; completed: number; failed: number; bytes: number }>();
  for (const { at, completed, failed, bytes } of ends) {
    const day = dayOf(at);
    const sum = days.get(day) ?? { day, completed: 0, failed: 0, bytes: 0 };
    days.set(day, sum);
    sum.completed += completed;
    sum.failed += failed;
    sum.bytes += bytes;
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}
