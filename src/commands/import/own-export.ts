import { keeps } from '../../config/keep.ts';
import { parseSeed } from '../../config/seed.ts';
import { type DownloadOptions, type Integrity, integrities } from '../../downloads/download.ts';
import { type FailureClass, failureClasses } from '../../downloads/failure.ts';
import { isUnfinished, type Status, statuses } from '../../downloads/states.ts';
import { type Fields, fieldsOf, recordOf } from './fields.ts';
import type { JsonRecord } from './json-records.ts';
import { emptyRow, type Found, type ImportedStatus, type OwnFacts } from './read-row.ts';

/**
 * One download of an export of Longhaul (`docs/export.md`). It keeps its uid, so that it is the same download on
 * every machine; what somebody worked on when it was exported is pending, and what cannot be fetched since its
 * secrets were left out is paused.
 */
export function exportEntry(entry: JsonRecord): Found {
  if ('wrong' in entry) return { line: entry.line, wrong: entry.wrong };
  const record = recordOf(entry.value);
  if (!record) return { line: entry.line, wrong: 'an entry is no object' };
  const fields = fieldsOf(record);
  const uid = fields.text('uid')?.toLowerCase() ?? '';
  if (!uidForm.test(uid)) return { line: entry.line, wrong: 'an entry has no uid that is whole' };
  const status = statusOf(fields.text('status'), record.secretsLeftOut === true);
  if (status === undefined) return { line: entry.line, wrong: `the entry "${uid}" has no state that is known` };
  const error = recordOf(record.error);
  return {
    ...emptyRow(entry.line, 'longhaul', uid),
    link: fields.text('link'),
    status,
    name: fields.text('name'),
    path: fields.text('path'),
    directory: fields.text('directory'),
    size: fields.whole('totalBytes') ?? fields.whole('fileSize'),
    options: optionsOf(recordOf(record.options) ?? {}),
    metadata: recordOf(record.metadata) ?? {},
    error: typeof error?.message === 'string' ? error.message : null,
    retryCount: fields.whole('retryCount') ?? 0,
    ...timesOf(fields),
    own: ownFactsOf(uid, fields, error?.class),
  };
}

const uidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function statusOf(word: string | null, secretsLeftOut: boolean): ImportedStatus | undefined {
  const status = statuses.find((one) => one === word);
  if (status === undefined) return undefined;
  if (isUnfinished(status) && (status === 'paused' || secretsLeftOut)) return 'paused';
  return heldStates.has(status) ? 'pending' : (status as ImportedStatus);
}

/** Nobody holds what was only read, and nothing waits. */
const heldStates: ReadonlySet<Status> = new Set(['pending', 'downloading', 'processing', 'retrying']);

function timesOf(fields: Fields) {
  return {
    lastRetryAt: fields.time('lastRetryAt', 'utc'),
    createdAt: fields.time('createdAt', 'utc'),
    startedAt: fields.time('startedAt', 'utc'),
    completedAt: fields.time('completedAt', 'utc'),
    updatedAt: fields.time('updatedAt', 'utc'),
  };
}

function ownFactsOf(uid: string, fields: Fields, errorClass: unknown): OwnFacts {
  const integrity = fields.text('integrity');
  const known = failureClasses.find((one): one is FailureClass => one === errorClass);
  return {
    uid,
    category: fields.text('category'),
    requestedBy: fields.text('requestedBy'),
    integrity: integrities.find((one): one is Integrity => one === integrity) ?? null,
    errorClass: known ?? null,
  };
}

/** What of the options has the form it must have; the rest was written by something else, and is left out. */
function optionsOf(given: Readonly<Record<string, unknown>>): DownloadOptions {
  return Object.fromEntries(
    Object.entries(optionForms)
      .filter(([name, holds]) => holds(given[name]))
      .map(([name]) => [name, given[name]]),
  );
}

type Holds = (value: unknown) => boolean;

const isText: Holds = (value) => typeof value === 'string' && value !== '' && value.length <= 65_536;
const isLine: Holds = (value) => isText(value) && !/[\0\r\n]/.test(String(value));
const isLines: Holds = (value) => Array.isArray(value) && value.every(isLine);
const isCount: Holds = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const isAmount: Holds = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isPath: Holds = (value) => isLine(value) && String(value).startsWith('/');
const isChecksum: Holds = (value) => typeof value === 'string' && /^[\w-]{2,20}=[0-9a-f]{8,128}$/i.test(value);
const isPieces: Holds = (value) => {
  const { algorithm, length, hashes } = recordOf(value) ?? {};
  return isLine(algorithm) && isCount(length) && isLines(hashes);
};

const isSeed: Holds = (value) => {
  try {
    return typeof value === 'string' && parseSeed(value) !== null;
  } catch {
    return false;
  }
};

const optionForms: Readonly<Record<keyof DownloadOptions, Holds>> = {
  name: isLine,
  headers: isLines,
  checksum: isChecksum,
  connections: isCount,
  rate: (value) => value === 'off' || isCount(value),
  seed: isSeed,
  maxTries: isCount,
  retryWait: isAmount,
  userAgent: isLine,
  referer: isLine,
  user: isText,
  password: isText,
  bearer: isLine,
  cookieFile: isPath,
  netrcFile: isPath,
  proxy: isLine,
  fingerprint: isLine,
  mirrors: isLines,
  size: isAmount,
  select: isLines,
  filePriorities: isLines,
  sequential: (value) => value === true,
  pieces: isPieces,
  steps: isLines,
  keep: (value) => (keeps as readonly unknown[]).includes(value),
};
