import { basename } from 'node:path';
import { leasedDisk } from '../disk/leased-disk.ts';
import { finalOf } from '../disk/partial.ts';
import type { DownloadFile, Integrity } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import { etaOf, noProgress, speedOf, underLimit, withSample } from '../downloads/progress.ts';
import { bytesIn } from '../downloads/ranges.ts';
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
  /** The files as recorded; empty before the first resolve. */
  files: readonly DownloadFile[];
  name: string | null;
  totalBytes: number | null;
  status: 'downloading' | 'processing';
  /** The least sure of what was verified so far. */
  integrity: Integrity | undefined;
  /** While bytes move. */
  transfer: Transfer | undefined;
  /** The first order counts; a lost lease overrules. */
  stop(order: StopOrder): void;
  readonly order: StopOrder | undefined;
  nudge(): void;
  /** Fetches no more than so many bytes/s from now on, also in a transfer that is still to begin; 0: no limit. */
  limit(rate: number): void;
  readonly rate: number;
  /** What is durable now, when it is time to say so (`force`: in any case); fdatasynced before it is told. */
  checkpoint(force: boolean): Promise<readonly Checkpoint[]>;
  progress(): ProgressReport;
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
  let samples = noProgress;
  let lastFlush: Promise<unknown> = Promise.resolve();
  let flushedAt = clock.monotonic();
  let flushedBytes = claim.download.bytesDownloaded;
  const { download } = claim;

  const run: Run = {
    claim,
    parts: { ...parts, disk: leasedDisk(parts.disk, deadline, clock) },
    deadline,
    signal: abort.signal,
    files: claim.files,
    name: download.name,
    totalBytes: download.totalBytes,
    status: download.status === 'processing' ? 'processing' : 'downloading',
    integrity: undefined,
    transfer: undefined,
    get order() {
      return order;
    },
    stop(wanted) {
      if (order === undefined || wanted.by === 'lost') order = wanted;
      if (!abort.signal.aborted) abort.abort(new Stopped(wanted));
    },
    nudge: () => run.transfer?.nudge(),
    limit(wanted) {
      samples = underLimit(samples, { before: rate, after: wanted }, clock.monotonic());
      rate = wanted;
      run.transfer?.tune({ rate });
    },
    get rate() {
      return rate;
    },
    missing: () => (run.totalBytes === null ? 1 : Math.max(0, run.totalBytes - bytesNow())),
    durableBytes: () => run.files.reduce((sum, file) => sum + bytesIn(file.durable), 0),
    checkpoint(force) {
      const next = lastFlush.then(() => (force || isDue() ? flush() : []));
      lastFlush = next.catch(() => {});
      return next;
    },
    progress() {
      const bytes = bytesNow();
      samples = withSample(samples, { at: clock.monotonic(), bytes });
      return reportOf(run, bytes, Math.min(speedOf(samples, clock.monotonic()), rate || Number.POSITIVE_INFINITY));
    },
  };
  return run;

  function bytesNow(): number {
    return run.transfer?.progress().bytes ?? run.durableBytes();
  }

  function isDue(): boolean {
    const waited = clock.monotonic() - flushedAt;
    if (!run.transfer || waited < shortestInterval) return false;
    const fresh = bytesNow() - flushedBytes;
    return fresh >= parts.policy.checkpoint.bytes || (fresh > 0 && waited >= parts.policy.checkpoint.interval);
  }

  async function flush(): Promise<readonly Checkpoint[]> {
    const { transfer } = run;
    if (!transfer) return [];
    flushedAt = clock.monotonic();
    flushedBytes = bytesNow();
    const { speed } = run.progress();
    const flushed = await transfer.flush();
    run.files = run.files.map((file) => withFlushed(file, flushed));
    return flushed.flatMap(({ position, ranges }) => {
      const file = run.files.find((candidate) => candidate.position === position);
      return file ? [{ lease: claim.lease, fileId: file.id, ranges, speed }] : [];
    });
  }
}

function withFlushed(file: DownloadFile, flushed: Awaited<ReturnType<Transfer['flush']>>): DownloadFile {
  const durable = flushed.find(({ position }) => position === file.position)?.ranges;
  return durable ? { ...file, durable } : file;
}

function reportOf(run: Run, bytes: number, speed: number): ProgressReport {
  const { claim, status, totalBytes } = run;
  const { id, uid, metadata } = claim.download;
  const name = nameOnDisk(run);
  const eta = etaOf(bytes, totalBytes, speed);
  return { downloadId: id, uid, name, status, bytes, totalBytes, speed, eta, metadata };
}

/** A single file is called as it is on disk, ` (2)` and all, as soon as that is known. */
function nameOnDisk({ files, name }: Run): string | null {
  const [file, another] = files;
  return file?.partialPath && !another ? basename(finalOf(file.partialPath)) : name;
}
