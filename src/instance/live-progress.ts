import type { Download } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import { createListeners, type Listeners } from '../downloads/listeners.ts';
import { hasEnded } from '../downloads/tracker.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { followProgress } from './socket.ts';

/** How often live figures are told, ms. */
const tellEvery = 200;

export interface LiveProgress {
  start(): void;
  /** Tells the progress of this row, too, for as long as the instance that holds it lives. */
  follow(row: Download): void;
  readonly listen: Listeners<ProgressReport>['listen'];
  /** An operation of this instance has ended. */
  tell(report: ProgressReport): void;
  stop(): void;
}

/** Live figures of what this instance runs, and of followed downloads that other processes run. */
export function createLiveProgress(parts: {
  readonly clock: Clock;
  readonly log: Log;
  readonly instance: string;
  reports(): readonly ProgressReport[];
  socketOf(instance: string): string;
}): LiveProgress {
  const { clock, log } = parts;
  const listeners: Listeners<ProgressReport> = createListeners({
    ...{ clock, log },
    keyOf: ({ downloadId }) => downloadId,
    isLast: ({ progress }) => hasEnded(progress),
  });
  const followed = new Set<number>();
  const connections = new Map<string, () => void>();
  let cancel: (() => void) | undefined;

  return {
    start() {
      cancel ??= parts.clock.every(tellEvery, () => {
        if (listeners.idle) return;
        // How it ended was told when it did.
        for (const report of parts.reports()) if (!hasEnded(report.progress)) listeners.tell(report);
      });
    },
    listen: listeners.listen,
    tell: (report) => listeners.tell(report),
    follow(row) {
      const holder = row.lockedBy;
      if (holder === null || holder === parts.instance) return;
      followed.add(row.id);
      if (connections.has(holder)) return;
      connections.set(
        holder,
        followProgress(parts.socketOf(holder), (report) => {
          if (followed.has(report.downloadId)) listeners.tell(report);
        }),
      );
    },
    stop() {
      cancel?.();
      for (const disconnect of connections.values()) disconnect();
      listeners.close();
    },
  };
}
