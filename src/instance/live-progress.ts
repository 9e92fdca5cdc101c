import type { Download } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import type { Bus } from '../events/bus.ts';
import type { Clock } from '../time/clock.ts';
import { followProgress } from './socket.ts';

/** How often live figures are told, ms. */
const tellEvery = 200;

/** Live figures of what this instance runs, and of followed downloads that other processes run. */
export function createLiveProgress(parts: {
  readonly clock: Clock;
  readonly bus: Bus<ProgressReport>;
  readonly instance: string;
  reports(): readonly ProgressReport[];
  socketOf(instance: string): string;
}) {
  const { bus } = parts;
  const followed = new Set<number>();
  const connections = new Map<string, () => void>();
  let cancel: (() => void) | undefined;

  return {
    start(): void {
      cancel ??= parts.clock.every(tellEvery, () => {
        if (!bus.idle) for (const report of parts.reports()) bus.tell(report);
      });
    },
    /** Tells the progress of this row, too, for as long as the instance that holds it lives. */
    follow(row: Download): void {
      const holder = row.lockedBy;
      if (holder === null || holder === parts.instance) return;
      followed.add(row.id);
      if (connections.has(holder)) return;
      connections.set(
        holder,
        followProgress(parts.socketOf(holder), (report) => {
          if (followed.has(report.downloadId)) bus.tell(report);
        }),
      );
    },
    stop(): void {
      cancel?.();
      for (const disconnect of connections.values()) disconnect();
    },
  };
}
