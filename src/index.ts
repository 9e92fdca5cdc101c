import type { Readable } from 'node:stream';
import type {
  Added,
  AddRequest,
  Commands,
  Controlled,
  History,
  Limits,
  SetRequest,
  Shown,
} from './commands/commands.ts';
import { nodeTooOld } from './config/node-version.ts';
import type { Rate } from './config/rate.ts';
import type { Download } from './downloads/download.ts';
import type { DownloadEvent, ProgressReport } from './downloads/events.ts';
import type { Place } from './downloads/place.ts';
import type { Wish } from './downloads/states.ts';
import type { ConvertOptions, UploadOptions } from './instance/run-file.ts';

export { NotFound } from './commands/commands.ts';
export type { Attempt, Download, DownloadFile, DownloadOptions, Integrity, Metadata } from './downloads/download.ts';
export type { DownloadEvent, ProgressReport } from './downloads/events.ts';
export { Failure, type FailureClass } from './downloads/failure.ts';
export type { Place } from './downloads/place.ts';
export type { Status, Wish } from './downloads/states.ts';
export type { OperationProgress } from './downloads/tracker.ts';
export { NotPossible, StoreFailure } from './store/store.ts';
export type { Added, Controlled, ConvertOptions, History, Limits, Rate, SetRequest, Shown, UploadOptions };

export interface LibraryOptions {
  /** One folder for config, database, logs and work files; left out: the usual places (XDG). */
  readonly home?: string;
  /** Values of the configuration by their keys, such as `{ 'queue.slots': 2 }`; they win over file and environment. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False: only asks and wishes, runs nothing. */
  readonly engine?: boolean;
  /** Also takes over what instances that died have left, and what was added for anybody. */
  readonly takeOver?: boolean;
}

export type LibraryAddRequest = Omit<AddRequest, 'runner' | 'directory'> & {
  /** Absolute path; left out: `downloads.directory` of the configuration. */
  readonly directory?: string;
};

/** Longhaul inside another program. Open it once; several may be open on one database, also in several processes. */
export interface Library {
  /** Accepts a link and returns at once; this instance runs it. */
  add(request: LibraryAddRequest): Promise<Added>;
  /**
   * Adds a link and waits for its end: `completed`, `failed`, `cancelled`, or `paused`, or a wait for
   * the next try that is longer than `wait` ms (10 min). Undefined when the download was removed.
   */
  get(
    request: LibraryAddRequest & { readonly wait?: number; readonly signal?: AbortSignal },
  ): Promise<Download | undefined>;
  /** Converts a file that is here (`longhaul convert`), and waits for its end as `get` does. */
  convert(path: string, options?: ConvertOptions): Promise<Download | undefined>;
  /**
   * Uploads a file that is here, or what a stream brings, and waits for its end as `get` does; `resultLink` is its
   * address. A stream is first written to `downloads.directory`, so that the upload survives a crash.
   */
  upload(what: string | Readable, options?: UploadOptions): Promise<Download | undefined>;
  list: Commands['list'];
  show: Commands['show'];
  history(filter?: { readonly limit?: number }): Promise<History>;
  /** `reference`: an id or a uid. Throws `NotFound`, `NotPossible`. */
  control(
    reference: number | string,
    wish: Wish,
    options?: { readonly deleteFiles?: boolean; readonly keepPartial?: boolean },
  ): Promise<Controlled>;
  /**
   * Changes an unfinished download's own limit, in bytes/s, also while it runs; `default`: as configured.
   * Throws also RangeError for what is no rate.
   */
  limit(reference: number | string, rate: Rate | 'default'): Promise<Download>;
  /** Changes priority, category or own limit of an unfinished download. Throws also RangeError. */
  set(reference: number | string, request: SetRequest): Promise<Download>;
  /** Changes the place of a download that waits, among those of its priority. */
  move(reference: number | string, place: Place): Promise<Download>;
  /** Changes the limit of all downloads of this database together; `default`: as configured. */
  limitAll(rate: Rate | 'default'): Promise<Limits>;
  /** Each event of each download, whichever process works on it, with the caller's `metadata`. Returns the unsubscriber. */
  onEvent(listener: (event: DownloadEvent) => void): () => void;
  /**
   * Live figures about 5 times a second for each running download, at most once per `every` ms where that is given;
   * how each operation (the download, then each step) ended is always told. A listener that fails stops nothing; after
   * ten failures in a row it is told no more. Returns the unsubscriber.
   */
  onProgress(listener: (report: ProgressReport) => unknown, options?: { readonly every?: number }): () => void;
  /** What a person should know: a damaged store that was repaired, and the like. */
  readonly warnings: readonly string[];
  /** Checkpoints, gives the leases back, closes. What is unfinished goes on at the next opening. Safe to call twice. */
  close(): Promise<void>;
}

const defaultWait = 600_000;
const defaultHistory = 20;

/** Opens Longhaul for a program. Throws `ConfigError`, `StoreFailure`, and `Error` where Node is too old. */
export async function openLonghaul(options: LibraryOptions = {}): Promise<Library> {
  const { home, settings, engine = true, takeOver = true } = options;
  const tooOld = nodeTooOld(process.versions.node);
  if (tooOld !== undefined) throw new Error(tooOld);
  // Not before: an old Node does not even load it, and says so in words of its own.
  const [{ openLonghaul: openInstance }, { convertFile, uploadFile }] = await Promise.all([
    import('./instance/open.ts'),
    import('./instance/run-file.ts'),
  ]);
  const longhaul = await openInstance({
    role: 'library',
    engine,
    anyRunner: takeOver,
    flags: Object.entries(settings ?? {}).map(([key, value]) => ({ key, value, flag: `settings: ${key}` })),
    ...(home === undefined ? {} : { home }),
  });
  const { commands, instance, config } = longhaul;
  const add: Library['add'] = (request) =>
    commands.add({
      ...request,
      directory: request.directory ?? config.downloads.directory,
      ...(engine ? { runner: instance } : {}),
    });
  const running = { longhaul, ...(engine ? { runner: instance } : {}) };
  return {
    add,
    async get({ wait = defaultWait, signal, ...request }) {
      const { download } = await add(request);
      return longhaul.settled(download.id, { wait, ...(signal ? { signal } : {}) });
    },
    convert: (path, how = {}) => convertFile(running, path, how),
    upload: (what, how = {}) => uploadFile(running, what, how),
    list: commands.list,
    show: commands.show,
    history: (filter) => commands.history({ limit: filter?.limit ?? defaultHistory }),
    control: (reference, wish, how) => commands.control(String(reference), { wish, ...how }),
    limit: (reference, rate) => commands.limit(String(reference), rate),
    set: (reference, request) => commands.set(String(reference), request),
    move: (reference, place) => commands.move(String(reference), place),
    limitAll: commands.limitAll,
    onEvent: longhaul.onEvent,
    onProgress: longhaul.onProgress,
    warnings: longhaul.warnings,
    close: longhaul.close,
  };
}
