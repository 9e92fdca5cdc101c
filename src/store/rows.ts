import type {
  Attempt,
  Download,
  DownloadFile,
  DownloadOptions,
  Integrity,
  Metadata,
  ResumeToken,
} from '../downloads/download.ts';
import type { DownloadEvent, EventKind } from '../downloads/events.ts';
import type { FailureClass } from '../downloads/failure.ts';
import type { Range } from '../downloads/ranges.ts';
import type { Seeding, SeedingState } from '../downloads/seeding.ts';
import type { Status, Wish } from '../downloads/states.ts';
import type { DownloadStep, StepOutcome, StepStatus } from '../downloads/steps.ts';
import type { WaitingFor } from '../downloads/waiting.ts';
import type { Candidate } from './queue-facts.ts';
import { type AskedWish, type InstanceRow, StoreFailure } from './store.ts';

/**
 * The one place where rows become domain objects. Rows of `node:sqlite` have a null prototype and
 * never leave the store.
 */
export type DownloadRow = {
  readonly id: number;
  readonly uid: string;
  readonly source: string;
  readonly link: string;
  readonly link_key: string;
  readonly name: string | null;
  readonly status: Status;
  readonly wish: Wish | null;
  readonly wish_options: string | null;
  readonly waiting_for: WaitingFor | null;
  readonly priority: number;
  readonly position: number;
  readonly host: string;
  readonly called: number;
  readonly idle: number;
  readonly category: string | null;
  readonly requested_by: string | null;
  readonly runner: string | null;
  readonly metadata: string;
  readonly directory: string;
  readonly options: string;
  readonly total_bytes: number | null;
  readonly bytes_downloaded: number;
  readonly file_size: number | null;
  readonly download_path: string | null;
  readonly result_link: string | null;
  readonly warning: string | null;
  readonly resume_token: string | null;
  readonly integrity: Integrity | null;
  readonly retry_count: number;
  readonly tries_in_vain: number;
  readonly last_retry_at: number | null;
  readonly next_attempt_at: number | null;
  readonly error_class: FailureClass | null;
  readonly error_message: string | null;
  readonly lease_token: number;
  readonly locked_by: string | null;
  readonly locked_at: number | null;
  readonly lease_until: number | null;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly retention: 'gone' | 'changed' | 'foreign' | 'removing' | null;
  readonly seeding: SeedingState | null;
  readonly seed_goal: string | null;
  readonly seed_uploaded: number;
  readonly seed_ms: number;
  readonly seed_message: string | null;
  readonly seed_token: number;
  readonly seed_by: string | null;
  readonly seed_until: number | null;
  readonly steps_left: number;
};

export type CandidateRow = Pick<
  DownloadRow,
  'id' | 'priority' | 'position' | 'category' | 'host' | 'wish' | 'download_path'
> & {
  /** 1: bytes in place, steps left. */
  readonly steps_left?: number;
};

export type FileRow = {
  readonly id: number;
  readonly download_id: number;
  readonly position: number;
  readonly path: string;
  readonly size: number | null;
  readonly selected: number;
  readonly main: number;
  readonly partial_path: string | null;
  readonly final_path: string | null;
  readonly durable: string;
  readonly digest: string | null;
  readonly identity: string | null;
  readonly modified_at: number | null;
  readonly step: number | null;
  readonly here_path: string | null;
};

export type StepRow = {
  readonly id: number;
  readonly download_id: number;
  readonly position: number;
  readonly kind: string;
  readonly options: string;
  readonly status: StepStatus;
  readonly resume_mark: string | null;
  readonly result: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly tries: number;
};

export type AttemptRow = {
  readonly id: number;
  readonly download_id: number;
  readonly token: number;
  readonly instance: string;
  readonly from_bytes: number;
  readonly to_bytes: number | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: Status | 'lost' | null;
  readonly error_class: FailureClass | null;
  readonly error_message: string | null;
  readonly peak_speed: number | null;
  readonly restarted: number;
};

export type EventRow = {
  readonly id: number;
  readonly at: number;
  readonly download_id: number;
  readonly uid: string;
  readonly kind: EventKind;
  readonly from_status: Status | null;
  readonly to_status: Status | null;
  readonly detail: string;
  readonly metadata: string | null;
  readonly category: string | null;
};

export type InstanceRecord = {
  readonly uid: string;
  readonly host: string;
  readonly pid: number;
  readonly role: string;
  readonly socket_path: string;
  readonly started_at: number;
  readonly beat_at: number;
};

export function downloadOf(row: DownloadRow): Download {
  return {
    id: row.id,
    uid: row.uid,
    source: row.source,
    link: row.link,
    linkKey: row.link_key,
    name: row.name,
    status: row.status,
    wish: row.wish,
    waitingFor: row.waiting_for,
    priority: row.priority,
    position: row.position,
    category: row.category,
    host: row.host,
    requestedBy: row.requested_by,
    runner: row.runner,
    metadata: parsed(row.metadata) as Metadata,
    directory: row.directory,
    options: optionsOf(row),
    totalBytes: row.total_bytes,
    bytesDownloaded: row.bytes_downloaded,
    fileSize: row.file_size,
    downloadPath: row.download_path,
    resultLink: row.result_link,
    warning: row.warning,
    resumeToken: row.resume_token === null ? null : (parsed(row.resume_token) as ResumeToken),
    integrity: row.integrity,
    retryCount: row.retry_count,
    triesInVain: row.tries_in_vain,
    lastRetryAt: row.last_retry_at,
    nextAttemptAt: row.next_attempt_at,
    errorClass: row.error_class,
    errorMessage: row.error_message,
    leaseToken: row.lease_token,
    lockedBy: row.locked_by,
    lockedAt: row.locked_at,
    leaseUntil: row.lease_until,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    seeding: seedingOf(row),
  };
}

function seedingOf(row: DownloadRow): Seeding | null {
  if (row.seeding === null) return null;
  return {
    state: row.seeding,
    goal: row.seed_goal === null ? {} : (parsed(row.seed_goal) as Seeding['goal']),
    uploaded: row.seed_uploaded,
    time: row.seed_ms,
    message: row.seed_message,
    token: row.seed_token,
    lockedBy: row.seed_by,
    leaseUntil: row.seed_until,
  };
}

export function candidateOf({ download_path, steps_left = 0, ...row }: CandidateRow): Candidate {
  return { ...row, inPlace: download_path !== null, stepsLeft: steps_left === 1 };
}

export function fileOf(row: FileRow): DownloadFile {
  return {
    id: row.id,
    downloadId: row.download_id,
    position: row.position,
    path: row.path,
    size: row.size,
    selected: row.selected === 1,
    main: row.main === 1,
    partialPath: row.partial_path,
    finalPath: row.final_path,
    durable: parsed(row.durable) as Range[],
    digest: row.digest,
    identity: row.identity,
    modifiedAt: row.modified_at,
    step: row.step,
    herePath: row.here_path,
  };
}

export function stepOf(row: StepRow): DownloadStep {
  return {
    position: row.position,
    kind: row.kind,
    options: row.options,
    status: row.status,
    tries: row.tries,
    mark: row.resume_mark === null ? undefined : parsed(row.resume_mark),
    outcome: row.result === null ? null : (parsed(row.result) as StepOutcome),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}

export function attemptOf(row: AttemptRow): Attempt {
  return {
    id: row.id,
    downloadId: row.download_id,
    token: row.token,
    instance: row.instance,
    fromBytes: row.from_bytes,
    toBytes: row.to_bytes,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    errorClass: row.error_class,
    errorMessage: row.error_message,
  };
}

export function eventOf(row: EventRow): DownloadEvent {
  return {
    id: row.id,
    at: row.at,
    downloadId: row.download_id,
    uid: row.uid,
    kind: row.kind,
    from: row.from_status,
    to: row.to_status,
    detail: parsed(row.detail) as Readonly<Record<string, unknown>>,
    metadata: row.metadata === null ? {} : (parsed(row.metadata) as Metadata),
    category: row.category,
  };
}

export function instanceOf(row: InstanceRecord): InstanceRow {
  return {
    uid: row.uid,
    host: row.host,
    pid: row.pid,
    role: row.role,
    socketPath: row.socket_path,
    startedAt: row.started_at,
    beatAt: row.beat_at,
  };
}

export function optionsOf(row: Pick<DownloadRow, 'options'>): DownloadOptions {
  return parsed(row.options) as DownloadOptions;
}

/** The wish that waits in a row, with its options; undefined when none does. */
export function askedWishOf(row: Pick<DownloadRow, 'wish' | 'wish_options'>): AskedWish | undefined {
  if (row.wish === null) return undefined;
  return { wish: row.wish, ...wishOptionsOf(row) };
}

export function wishOptionsOf(row: Pick<DownloadRow, 'wish_options'>): Omit<AskedWish, 'wish'> {
  return row.wish_options === null ? {} : (parsed(row.wish_options) as Omit<AskedWish, 'wish'>);
}

/** JSON that Longhaul wrote. Throws `StoreFailure` for anything else. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreFailure('the database holds text that Longhaul did not write: was it edited by another program?', {
      cause,
    });
  }
}
