import type { Rate } from '../config/rate.ts';
import { formatSeed } from '../config/seed.ts';
import { type Attempt, type Download, type DownloadFile, type Live, shownName } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn } from '../downloads/ranges.ts';
import { ratioOf } from '../downloads/seeding.ts';
import type { Status } from '../downloads/states.ts';
import { type DownloadStep, madeFiles } from '../downloads/steps.ts';
import type { TidyAction, TidyReport } from '../downloads/tidy-report.ts';
import { maskLinks } from '../log/redaction.ts';
import type {
  WireAttempt,
  WireDownload,
  WireEvent,
  WireImport,
  WireLimits,
  WirePreview,
  WireStatistics,
  WireStep,
  WireTidied,
  WireVerification,
} from './schemas.ts';

/**
 * Rows in the form in which they leave the program (`--json`, later the server): ISO times, null for
 * "not known", secrets masked. `schemas.ts` describes the same shapes; a test holds them together.
 * This file loads no zod: asking verbs must start fast.
 */
export function wireDownload(download: Download & Live, files: readonly DownloadFile[] = []): WireDownload {
  return {
    id: download.id,
    uid: download.uid,
    link: maskLinks(download.link),
    name: shownName(download),
    status: download.status,
    path: download.downloadPath,
    resultLink: download.resultLink,
    warning: download.warning,
    bytes: download.bytesDownloaded,
    totalBytes: download.totalBytes,
    ...(download.live ? { live: wireLive(download.live) } : {}),
    integrity: download.integrity,
    attempts: download.leaseToken,
    error: wireError(download),
    priority: download.priority,
    category: download.category,
    limitRate: download.options.rate ?? null,
    waitingFor: download.waitingFor,
    nextAttemptAt: isoOf(download.nextAttemptAt),
    seeding: wireSeeding(download),
    createdAt: new Date(download.createdAt).toISOString(),
    startedAt: isoOf(download.startedAt),
    completedAt: isoOf(download.completedAt),
    metadata: download.metadata,
    ...severalFiles(files),
  };
}

function wireLive({ bytes, speed, eta }: NonNullable<Live['live']>): WireDownload['live'] {
  return { bytes, speed: Math.round(speed), eta: eta === null ? null : Math.round(eta) };
}

export function wireStep(step: DownloadStep): WireStep {
  const { kind, options, status, tries, outcome, startedAt, endedAt } = step;
  const isDone = status === 'completed';
  return {
    ...{ kind, options, status, tries },
    files: isDone ? madeFiles(outcome).map(({ path, size }) => ({ path, size })) : [],
    link: outcome?.link ?? null,
    note: outcome?.note ?? null,
    warning: outcome?.warning ?? null,
    startedAt: isoOf(startedAt),
    endedAt: isoOf(endedAt),
  };
}

export function wireAttempt(attempt: Attempt): WireAttempt {
  return {
    number: attempt.token,
    instance: attempt.instance,
    fromBytes: attempt.fromBytes,
    toBytes: attempt.toBytes,
    startedAt: new Date(attempt.startedAt).toISOString(),
    endedAt: isoOf(attempt.endedAt),
    outcome: attempt.outcome,
    error: attempt.errorClass === null ? null : { class: attempt.errorClass, message: attempt.errorMessage ?? '' },
  };
}

export function wireEvent(event: DownloadEvent): WireEvent {
  return {
    id: event.id,
    at: new Date(event.at).toISOString(),
    kind: event.kind,
    from: event.from,
    to: event.to,
    detail: event.detail,
    category: event.category,
  };
}

export function wirePreview({
  link,
  files,
  ...preview
}: Omit<WirePreview, 'files'> & { readonly files: readonly WirePreview['files'][number][] }): WirePreview {
  return {
    link: maskLinks(link),
    ...preview,
    files: files.map(({ path, size, main, selected }) => ({ path, size, main, selected })),
  };
}

export function wireStats<T extends { readonly since: number | null }>(
  figures: T,
): Omit<T, 'since'> & { since: string | null } {
  return { ...figures, since: isoOf(figures.since) };
}

export function wireTidied(report: TidyReport, dryRun: boolean): WireTidied {
  return { dryRun, busy: report.busy, actions: report.actions.map(wireAction) };
}

function wireAction(action: TidyAction): WireTidied['actions'][number] {
  return 'paths' in action ? { ...action, paths: [...action.paths] } : action;
}

export function wireVerification({
  download,
  ok,
  files,
}: {
  readonly download: Pick<Download, 'id' | 'uid'>;
  readonly ok: boolean;
  readonly files: readonly WireVerification['files'][number][];
}): WireVerification {
  return { id: download.id, uid: download.uid, ok, files: files.map((file) => ({ ...file })) };
}

/** The statistics of a download history: everything not at an end is in progress. */
export function wireStatistics(statistics: {
  readonly total: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  readonly completedBytes: number;
}): WireStatistics {
  const { byStatus, total } = statistics;
  const ended = byStatus.completed + byStatus.cleaned + byStatus.failed + byStatus.cancelled;
  return {
    total,
    completed: byStatus.completed + byStatus.cleaned,
    failed: byStatus.failed,
    cancelled: byStatus.cancelled,
    inProgress: total - ended,
    bytes: statistics.completedBytes,
  };
}

export function wireLimits(limits: {
  readonly rate: Rate;
  readonly set?: Rate;
  readonly configured: Rate;
  readonly perDownload: Rate;
  readonly window: { readonly rate: Rate; readonly until: number | null } | null;
}): WireLimits {
  const { window, set, ...others } = limits;
  return { ...others, set: set ?? null, window: window && { rate: window.rate, until: isoOf(window.until) } };
}

export function wireImport({
  problems,
  ...report
}: Omit<WireImport, 'problems'> & {
  readonly problems: readonly { readonly line: number | null; readonly wrong: string }[];
}): WireImport {
  return { ...report, problems: problems.map(({ line, wrong }) => ({ line, problem: wrong })) };
}

function wireSeeding({ seeding, fileSize }: Download): WireDownload['seeding'] {
  if (seeding === null) return null;
  const { state, goal, uploaded, time, message } = seeding;
  const ratio = Math.floor(ratioOf(uploaded, fileSize) * 10_000) / 10_000;
  return { state, goal: formatSeed(goal), ratio, uploaded, seconds: Math.floor(time / 1000), message };
}

/** Of a delivered download an error of an earlier try is history, told by its attempts. */
function wireError(download: Download): WireDownload['error'] {
  const { errorClass, status } = download;
  if (errorClass === null || status === 'completed' || status === 'cleaned') return null;
  const { retry } = new Failure(errorClass, '');
  return { class: errorClass, message: download.errorMessage ?? '', retry: retry.when };
}

function severalFiles(all: readonly DownloadFile[]): Pick<WireDownload, 'files' | 'mainFile'> {
  const files = all.filter(({ herePath }) => herePath === null);
  if (files.length < 2) return {};
  const listed = files.map((file, at) => ({
    path: file.finalPath ?? file.path,
    size: file.size,
    digest: file.digest,
    number: at + 1,
    selected: file.selected,
    bytes: bytesIn(file.durable),
    done: file.selected && file.finalPath !== null,
  }));
  const main = files.find((file) => file.main);
  return { files: listed, mainFile: main ? (main.finalPath ?? main.path) : null };
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
