import type { Commands } from '../commands/commands.ts';
import type { Reloaded } from '../config/changes.ts';
import type { Config } from '../config/config.ts';
import type { Download } from '../downloads/download.ts';
import type { DownloadEvent, ProgressReport } from '../downloads/events.ts';
import type { Listener } from '../downloads/listeners.ts';
import type { Log } from '../log/log.ts';
import type { InstanceRow } from '../store/store.ts';

/** What an instance was opened for; others see it in the `instances` table. */
export type Role = 'get' | 'resume-downloads' | 'serve' | 'library' | 'command';

/** An open Longhaul: what `instance/open.ts` puts together and hands to the CLI and to library users. */
export interface Longhaul {
  /** This instance's uid; the `runner` of downloads that it alone shall run. */
  readonly instance: string;
  readonly config: Config;
  readonly log: Log;
  readonly commands: Commands;
  /** Said to a person at once: the store was damaged and repaired, could not be used, … One sentence each. */
  readonly warnings: readonly string[];
  /** Events of all downloads, whichever process works on them, from the moment of opening. */
  onEvent(listener: (event: DownloadEvent) => void): () => void;
  /**
   * About 5 times a second for each running download of this instance, and for followed ones of other processes; at
   * most once per `every` ms where that is given. How an operation ended is always told.
   */
  onProgress(listener: Listener<ProgressReport>, options?: { readonly every?: number }): () => void;
  /**
   * Resolves when the download has come to an end (`completed failed cancelled cleaned`, or removed:
   * undefined), when it waits longer than `wait` ms for its next try, or is paused.
   */
  settled(id: number, options: { readonly wait: number; readonly signal?: AbortSignal }): Promise<Download | undefined>;
  /** A living `serve` of this machine, on the same database. */
  server(): Promise<InstanceRow | undefined>;
  /** Reads the configuration anew and takes over what can be taken over. Throws `ConfigError`; nothing changes then. */
  reload(): Promise<Reloaded>;
  /** Stops at once: checkpoints, releases leases, closes the store. Safe to call twice. */
  close(): Promise<void>;
}
