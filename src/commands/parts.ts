import type { Config } from '../config/config.ts';
import type { Rate } from '../config/rate.ts';
import type { SlotLimits } from '../config/slots.ts';
import type { Disk } from '../disk/disk.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import type { Schedule } from '../downloads/schedule.ts';
import type { StepSpec } from '../downloads/steps.ts';
import type { TidyReport } from '../downloads/tidy-report.ts';
import type { TorrentElsewhere } from '../sources/qbittorrent/list.ts';
import type { Source } from '../sources/source.ts';
import type { TakenBack } from '../steps/step.ts';
import { runsForAll } from '../store/queue-facts.ts';
import type { AskingStore, InstanceRow, Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

/** What commands work with; handed over by `instance/`. */
export interface CommandParts {
  readonly store: AskingStore & Pick<Store, 'leaveMark' | 'onChange' | 'steps' | 'unneededKeys'>;
  /** The source of a link, or the one of this name. Throws `Failure('link')` that names the known kinds. */
  sourceFor(link: string, name?: string): Promise<Source>;
  sourceNamed(name: string): Promise<Source>;
  /** Throws `Failure('link')` that names what is allowed. */
  checkStep(spec: StepSpec): Promise<void>;
  /** What the step with this mark put elsewhere is deleted there. */
  takeBack(spec: StepSpec, mark: unknown, signal: AbortSignal): Promise<readonly TakenBack[]>;
  /** What it began elsewhere is removed there; answers what is left of the mark. Throws `Failure`. */
  giveUpStep(spec: StepSpec, mark: unknown, signal: AbortSignal): Promise<unknown>;
  /** The text that an http link leads to, of at most so many bytes. Throws `Failure`. */
  readText(link: string, options: DownloadOptions, most: number): Promise<string>;
  /** The same as bytes. */
  readBytes(link: string, options: DownloadOptions, most: number): Promise<Uint8Array>;
  /** What the qBittorrent of the configuration has. Throws `Failure`. */
  torrentsElsewhere(): Promise<readonly TorrentElsewhere[]>;
  readonly disk: Disk;
  readonly clock: Clock;
  /** What is known about other engines, from their sockets. */
  readonly living: Living;
  /** Tries when the download names no number. */
  readonly maxTries: number;
  /** The limits as configured. */
  readonly limits: { readonly rate: Rate; readonly rate_per_download: Rate };
  readonly schedule: Schedule;
  readonly slots: SlotLimits;
  readonly categories: Config['categories'];
  /** Keeps order once, as the rules of the configuration say. */
  tidy(options: { readonly dryRun: boolean }): Promise<TidyReport>;
}

export interface Living {
  isAlive(instance: InstanceRow): Promise<boolean>;
  /** Live figures of what it runs; none where it cannot tell them at once (on another host, stopped). */
  reports(instance: string): Promise<readonly ProgressReport[]>;
  /** Gives back what this instance held that does not live: all where it is surely dead, otherwise what its leases do not hold any more. */
  bury(instance: string): Promise<void>;
}

/** The instance with this uid while it lives. */
export async function livingInstance(parts: CommandParts, uid: string | null): Promise<InstanceRow | undefined> {
  if (uid === null) return undefined;
  const row = (await parts.store.instances()).find((instance) => instance.uid === uid);
  return row && (await parts.living.isAlive(row)) ? row : undefined;
}

/** A living engine that will run a download of nobody's. */
export async function anyEngine(parts: CommandParts): Promise<InstanceRow | undefined> {
  for (const row of await parts.store.instances()) {
    if (runsForAll(row) && (await parts.living.isAlive(row))) return row;
  }
  return undefined;
}
