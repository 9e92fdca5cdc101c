import { basename } from 'node:path';
import { leasedDisk } from '../disk/leased-disk.ts';
import { finalOf, isShortPartial } from '../disk/partial.ts';
import type { DownloadFile, Integrity } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import { bytesIn, type Range } from '../downloads/ranges.ts';
import { createTracker, type ProgressFigures, type Tracker } from '../downloads/tracker.ts';
import type { Transfer } from '../sources/source.ts';
import type { Checkpoint, Claim } from '../store/store.ts';
import type { Deadline } from '../time/deadline.ts';
import type { EngineParts } from './parts.ts';
import { type StopOrder, Stopped } from './stop.ts';

/**
 * A file may be checkpointed at most this often, ms: each one is an fdatasync. Below a second, so that
 * with the look of the keeper and the sync itself a kill costs at most one second of bytes.
 */
const shortestInterval = 750;

/**
 * One download while this instance works on it: what the story (`run-download.ts`) needs to remember
 * between its verbs, and the handles by which the queue looks in and stops it.
 */
export interface Run {
  readonly claim: Claim;
  /** Their disk obeys the deadline. */
  readonly parts: EngineParts;
  /** Past it nothing is written, renamed or removed; the queue extends it with each renewal of the lease. */
  readonly deadline: Deadline | undefined;
  /** Aborted by `stop`, with a `Stopped` as reason. */
  readonly signal: AbortSignal;
  /** The files as recorded, in the order of their positions; empty before the first resolve. */
  files: readonly DownloadFile[];
  /** Changes what is known of one file, in place: a download may have 100,000. */
  changeFile(position: number, facts: Partial<DownloadFile>): void;
  name: string | null;
  /** Which source fetches it: another than recorded, once the link turned out to lead to something else. */
  source: string;
  totalBytes: number | null;
  status: 'downloading' | 'processing';
  /** Steps that were completed in this try. */
  stepsDone: number;
  /** The least sure of what was verified so far. */
  integrity: Integrity | undefined;
  /** While bytes move. */
  transfer: Transfer | undefined;
  /** Where the partial of a short file is to be created; undefined: it goes the long way. */
  shortPath: string | undefined;
  /** Writes the sidecar that the partial has not got yet; undefined: it has one, or is not there. */
  sidecar: (() => Promise<void>) | undefined;
  /** The first order counts; a lost lease overrules. */
  stop(order: StopOrder): void;
  readonly order: StopOrder | undefined;
  nudge(): void;
  /** Fetches no more than so many bytes/s from now on, also in a transfer that is still to begin; 0: no limit. */
  limit(rate: number): void;
  readonly rate: number;
  /**
   * What is durable now, when it is time to say so; fdatasynced before it is told. Of files with nothing new only with
   * `force`: all that this run has told then, since an earlier one may have been lost on its way to the store.
   */
  checkpoint(force: boolean): Promise<readonly Checkpoint[]>;
  progress(): ProgressReport;
  /** What is at work: the download itself until its bytes are in place. */
  operation: Tracker;
  /** The operation has ended: whoever follows is told at once how. */
  ended(how: 'completed' | 'failed' | 'cancelled', message?: string): void;
  /** Bytes recorded as durable, as far as this run knows. */
  durableBytes(): number;
  /** Bytes that are still to be written; 1 where nobody knows how many. */
  missing(): number;
}

/** `deadline`: until when the lease may be trusted; left out: for ever. */
export function createRun(claim: Claim, parts: EngineParts, deadline?: Deadline): Run {
  const { clock } = parts;
  const abort = new AbortController();
  let order: StopOrder | undefined;
  let rate = 0;
  let lastFlush: Promise<unknown> = Promise.resolve();
  let flushedAt = clock.monotonic();
  let flushedBytes = claim.download.bytesDownloaded;
  const told = new Set<number>();
  const held = heldFiles(claim);

  const run: Run = {
    claim,
    parts: { ...parts, disk: leasedDisk(parts.disk, deadline, clock) },
    deadline,
    signal: abort.signal,
    get files() {
      return held.files;
    },
    set files(recorded) {
      held.files = recorded;
    },
    changeFile: held.changeFile,
    durableBytes: held.durableBytes,
    ...asBegun(claim),
    get order() {
      return order;
    },
    stop(wanted) {
      if (order === undefined || wanted.by === 'lost') order = wanted;
      if (!abort.signal.aborted) abort.abort(new Stopped(wanted));
    },
    nudge: () => run.transfer?.nudge(),
    limit(wanted) {
      if (run.status === 'downloading') run.operation.limited({ before: rate, after: wanted });
      rate = wanted;
      run.transfer?.tune({ rate });
    },
    get rate() {
      return rate;
    },
    missing: () => missingOf(totalOf(run), bytesNow(run)),
    checkpoint(force) {
      const next = lastFlush.then(() => (force || isDue() ? flush(force) : []));
      lastFlush = next.catch(() => {});
      return next;
    },
    progress() {
      if (run.status === 'downloading') run.operation.update(figuresOf(run, bytesNow(run)));
      return reportOf(run, bytesNow(run));
    },
    operation: firstOperation(claim, parts),
    ended(how, message) {
      run.operation.end(how, message);
      parts.tell?.(reportOf(run, bytesNow(run)));
    },
  };
  return run;

  function isDue(): boolean {
    const waited = clock.monotonic() - flushedAt;
    if (!run.transfer || waited < shortestInterval) return false;
    const fresh = bytesNow(run) - flushedBytes;
    return fresh >= parts.policy.checkpoint.bytes || (fresh > 0 && waited >= parts.policy.checkpoint.interval);
  }

  async function flush(force: boolean): Promise<readonly Checkpoint[]> {
    const { transfer } = run;
    if (!transfer) return [];
    flushedAt = clock.monotonic();
    flushedBytes = bytesNow(run);
    const { speed } = run.progress();
    const news = await newsOf(run, transfer);
    for (const position of news) told.add(position);
    return checkpointsOf(run, force ? told : news, speed);
  }
}

function asBegun({
  download,
}: Claim): Pick<Run, 'name' | 'source' | 'totalBytes' | 'status' | 'stepsDone'> & typeof nothingYet {
  const { name, source, totalBytes } = download;
  const status = download.status === 'processing' ? 'processing' : 'downloading';
  return { name, source, totalBytes, status, stepsDone: 0, ...nothingYet };
}

const nothingYet = { integrity: undefined, transfer: undefined, shortPath: undefined, sidecar: undefined } as const;

function bytesNow(run: Run): number {
  return run.transfer?.progress().bytes ?? run.durableBytes();
}

/** What is durable is counted when it is asked for, and kept since: whoever follows asks several times a second. */
function heldFiles(claim: Claim): Pick<Run, 'files' | 'changeFile' | 'durableBytes'> {
  let files = claim.files.filter(({ step }) => step === null);
  let durable: number | undefined;
  return {
    get files() {
      return files;
    },
    set files(recorded) {
      files = [...recorded];
      durable = undefined;
    },
    changeFile(position, facts) {
      const file = fileAt({ files }, position);
      if (!file) return;
      files[files[position] === file ? position : files.indexOf(file)] = { ...file, ...facts };
      if (durable === undefined || !facts.durable || !file.selected) return;
      durable += bytesIn(facts.durable) - bytesIn(file.durable);
    },
    durableBytes() {
      durable ??= wantedFiles({ files }).reduce((sum, file) => sum + bytesIn(file.durable), 0);
      return durable;
    },
  };
}

/** The file at a position; undefined: there is none. */
export function fileAt({ files }: Pick<Run, 'files'>, position: number): DownloadFile | undefined {
  const usual = files[position];
  return usual?.position === position ? usual : files.find((file) => file.position === position);
}

/** What is recorded as durable is known again, should the database be lost. */
export async function writeMissingSidecar(run: Run): Promise<void> {
  await run.sidecar?.();
  run.sidecar = undefined;
}

/** What a person wants of it. */
export function wantedFiles({ files }: Pick<Run, 'files'>): readonly DownloadFile[] {
  return files.filter(({ selected }) => selected);
}

function checkpointsOf(run: Run, positions: Iterable<number>, speed: number): Checkpoint[] {
  return [...positions].flatMap((position) => {
    const file = fileAt(run, position);
    return file ? [{ lease: run.claim.lease, fileId: file.id, ranges: file.durable, speed }] : [];
  });
}

/** Makes durable what has arrived, and takes it over; the positions of the files of which more is durable than was known. */
async function newsOf(run: Run, transfer: Transfer): Promise<readonly number[]> {
  const flushed = await transfer.flush();
  if (flushed.some(({ ranges }) => bytesIn(ranges) > 0)) await writeMissingSidecar(run);
  const news = flushed.filter(({ position, ranges }) => !isSame(fileAt(run, position)?.durable ?? [], ranges));
  for (const { position, ranges } of news) run.changeFile(position, { durable: ranges });
  return news.map(({ position }) => position);
}

function isSame(known: readonly Range[], ranges: readonly Range[]): boolean {
  return (
    known.length === ranges.length &&
    known.every(([from, to], at) => ranges[at]?.[0] === from && ranges[at]?.[1] === to)
  );
}

function figuresOf(run: Run, current: number): ProgressFigures {
  const { media } = run.transfer?.progress() ?? {};
  return { current, total: totalOf(run), ...(media ? { media } : {}) };
}

/** Of a download whose bytes are in place already nothing is left but its steps. */
function firstOperation({ download }: Claim, { clock, log }: EngineParts): Tracker {
  const operation = createTracker({ operation: 'download', clock, log });
  if (download.status === 'processing') {
    operation.update({ current: download.fileSize ?? 0, total: download.fileSize });
    operation.end('completed');
  }
  return operation;
}

function reportOf(run: Run, bytes: number): ProgressReport {
  const { claim, status } = run;
  const totalBytes = totalOf(run);
  const { id, uid, metadata } = claim.download;
  const shown = run.operation.look();
  const isFetching = status === 'downloading';
  const most = (isFetching && run.rate) || Number.POSITIVE_INFINITY;
  const progress = { ...shown, speed: Math.min(shown.speed, most) };
  const speed = isFetching ? progress.speed : 0;
  const eta = isFetching ? (progress.eta?.expected ?? null) : null;
  return { downloadId: id, uid, name: nameOnDisk(run), status, bytes, totalBytes, speed, eta, metadata, progress };
}

function missingOf(total: number | null, bytes: number): number {
  return total === null ? 1 : Math.max(0, total - bytes);
}

/** Some sources learn it while they fetch. */
function totalOf({ totalBytes, transfer }: Run): number | null {
  return totalBytes ?? transfer?.progress().totalBytes ?? null;
}

/** A single file is called as it is on disk, ` (2)` and all, as soon as that is known. */
function nameOnDisk({ files, name }: Run): string | null {
  const [file, another] = files;
  if (!file?.partialPath || another) return name;
  if (isShortPartial(file.partialPath)) return file.finalPath ? basename(file.finalPath) : name;
  return basename(finalOf(file.partialPath));
}
