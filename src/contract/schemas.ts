import * as z from 'zod';
import { integrities } from '../downloads/download.ts';
import { eventKinds } from '../downloads/events.ts';
import { failureClasses } from '../downloads/failure.ts';
import { seedingStates } from '../downloads/seeding.ts';
import { statuses } from '../downloads/states.ts';
import { stepStatuses } from '../downloads/steps.ts';
import { peerWaits, retryReasons, waits } from '../downloads/waiting.ts';

const bytes = z.number().int().nonnegative();
const time = z.iso.datetime().describe('UTC, ISO 8601');

const rate = z.union([z.number().int().nonnegative(), z.literal('off')]);

const error = z.strictObject({
  class: z.enum(failureClasses),
  message: z.string().describe('One sentence for a person.'),
  retry: z.enum(['now', 'later', 'never']).describe('Whether another try makes sense.'),
});

/** A download as every `--json` prints it. */
export const downloadSchema = z.strictObject({
  id: z.number().int().positive().describe('Short, unique in this database.'),
  uid: z.string().describe('UUIDv7: the same download on every machine.'),
  link: z.string().describe('As given, its user name and password masked.'),
  name: z.string().nullable().describe('Of what was delivered; until then as the other side or a person named it.'),
  status: z.enum(statuses),
  path: z.string().nullable().describe('The delivered file, or the folder where there are several.'),
  resultLink: z.string().nullable().describe('Where a step put it for others: an address.'),
  warning: z.string().nullable().describe('What is not as it was asked for, although its steps are done.'),
  bytes: bytes.describe('Safe on disk.'),
  totalBytes: bytes.nullable(),
  live: z
    .strictObject({
      bytes: bytes.describe('What has come, safe on disk or not.'),
      speed: z.number().int().nonnegative().describe('Smoothed, bytes/s.'),
      eta: z.number().int().nonnegative().nullable().describe('Expected ms to the end.'),
    })
    .optional()
    .describe('Only where it is being fetched, and its instance could be asked.'),
  integrity: z.enum(integrities).nullable().describe('How sure it is that the file is the right one.'),
  attempts: z.number().int().nonnegative(),
  error: error.nullable(),
  priority: z.number().int().describe('The higher goes first.'),
  category: z.string().nullable(),
  limitRate: rate.nullable().describe('Its own limit, bytes/s; null: as configured.'),
  waitingFor: z.enum([...waits, ...retryReasons, ...peerWaits]).nullable(),
  nextAttemptAt: time.nullable(),
  seeding: z
    .strictObject({
      state: z.enum(seedingStates).describe('on: whoever may seed it does.'),
      goal: z.string().describe('As torrent.seed has it: off, forever, 1.5, 2h, or 1.5,2h.'),
      ratio: z.number().nonnegative().describe('Bytes sent for each byte of it.'),
      uploaded: bytes.describe('Sent since it was complete.'),
      seconds: z.number().int().nonnegative().describe('For so long it was offered.'),
      message: z.string().nullable().describe('Why it ended.'),
    })
    .nullable()
    .describe('Of a completed torrent that is, or was, sent to others.'),
  createdAt: time,
  startedAt: time.nullable(),
  completedAt: time.nullable(),
  metadata: z.record(z.string(), z.unknown()).describe("The caller's own."),
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        size: bytes.nullable(),
        digest: z.string().nullable(),
        number: z.number().int().positive().describe('As `--select` takes it.'),
        selected: z.boolean().describe('It is wanted.'),
        bytes: bytes.describe('Safe on disk.'),
        done: z.boolean().describe('It has its final name.'),
      }),
    )
    .optional()
    .describe('Only where there are several.'),
  mainFile: z.string().nullable().optional(),
});
export type WireDownload = z.output<typeof downloadSchema>;

export const attemptSchema = z.strictObject({
  number: z.number().int(),
  instance: z.string(),
  fromBytes: bytes,
  toBytes: bytes.nullable(),
  startedAt: time,
  endedAt: time.nullable(),
  outcome: z.enum([...statuses, 'lost']).nullable(),
  error: error.omit({ retry: true }).nullable(),
});
export type WireAttempt = z.output<typeof attemptSchema>;

export const stepSchema = z.strictObject({
  kind: z.string(),
  options: z.string().describe('As asked for.'),
  status: z.enum(stepStatuses),
  tries: z.number().int(),
  files: z.array(z.strictObject({ path: z.string(), size: bytes })).describe('What it made.'),
  link: z.string().nullable(),
  note: z.string().nullable(),
  warning: z.string().nullable().describe('What is not as it was asked for.'),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
});
export type WireStep = z.output<typeof stepSchema>;

export const eventSchema = z.strictObject({
  id: z.number().int(),
  at: time,
  kind: z.enum(eventKinds),
  from: z.enum(statuses).nullable(),
  to: z.enum(statuses).nullable(),
  detail: z.record(z.string(), z.unknown()),
  category: z.string().nullable(),
});
export type WireEvent = z.output<typeof eventSchema>;

export const statisticsSchema = z.strictObject({
  total: z.number().int(),
  completed: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  inProgress: z.number().int(),
  bytes: bytes.describe('Of all completed downloads.'),
});
export type WireStatistics = z.output<typeof statisticsSchema>;

/** `longhaul add --json` */
export const addedSchema = downloadSchema.extend({
  followed: z.boolean().describe('It was there already: unfinished, or (where that was asked for) delivered.'),
  skipped: z.boolean().describe('It was there already and is left alone.'),
  ignored: z.array(z.string()).describe('Options that do not count, since what was begun goes on as it was.'),
  willRun: z.boolean().describe('Somebody is running who takes it.'),
});

/** `longhaul show --json` */
export const shownSchema = downloadSchema.extend({
  why: z.string(),
  tries: z.array(attemptSchema),
  steps: z.array(stepSchema).describe('What is done after the bytes are in place.'),
  timeline: z.array(eventSchema),
});

/** `longhaul pause --json` and the other wishes */
export const controlledSchema = downloadSchema.extend({
  obeyed: z.boolean().describe('False: its process has been told and obeys within a second.'),
});

/** `longhaul resume-downloads --dry-run --json` */
export const plannedSchema = downloadSchema.extend({
  action: z.enum(['retry', 'resume']).describe('It failed and is tried again, or it goes on.'),
  why: z.string(),
});

/** `longhaul limit --json`; rates in bytes/s. */
export const limitsSchema = z.strictObject({
  rate: rate.describe('Of all downloads together, now; 0: nothing runs.'),
  set: rate.nullable().describe('What a person set; null: as configured.'),
  configured: rate,
  perDownload: rate,
  window: z
    .strictObject({ rate, until: time.nullable() })
    .nullable()
    .describe('The hours that hold now; until null: always.'),
});
export type WireLimits = z.output<typeof limitsSchema>;

/** `longhaul history --json` */
export const historySchema = z.strictObject({
  downloads: z.array(downloadSchema).describe('Newest first.'),
  statistics: statisticsSchema,
});

/** `longhaul get --dry-run --json` */
export const previewSchema = z.strictObject({
  link: z.string().describe('As given, its user name and password masked.'),
  source: z.string(),
  name: z.string(),
  totalBytes: bytes.nullable(),
  files: z.array(
    z.strictObject({ path: z.string(), size: bytes.nullable(), main: z.boolean(), selected: z.boolean() }),
  ),
  ranges: z.boolean().nullable().describe('Whether it can go on in the middle; null: not told.'),
  validator: z.string().nullable().describe('By what the version is known again; null: by nothing.'),
});
export type WirePreview = z.output<typeof previewSchema>;

const statsPart = z.strictObject({
  name: z.string(),
  total: z.number().int(),
  completed: z.number().int(),
  failed: z.number().int(),
  bytes,
});

/** `longhaul stats --json` */
export const statsSchema = z.strictObject({
  since: time.nullable(),
  total: z.number().int(),
  byStatus: z.record(z.enum(statuses), z.number().int()),
  bySource: z.array(statsPart),
  byCategory: z.array(statsPart).describe("Those without a category under ''."),
  byDay: z
    .array(statsPart.omit({ name: true, total: true }).extend({ day: z.iso.date().describe('In local time.') }))
    .describe('Oldest first.'),
  deliveredBytes: bytes,
  fetchedBytes: bytes.describe('By all tries, also of downloads that failed.'),
  averageSpeed: z.number().nullable().describe('Bytes/s over the time in which tries fetched.'),
  peakSpeed: z.number().nullable(),
  successRate: z.number().min(0).max(1).nullable().describe('Of those that were completed or failed.'),
  tries: z.number().int(),
  retries: z.number().int(),
  resumes: z
    .strictObject({ tried: z.number().int(), succeeded: z.number().int() })
    .describe('Tries that found bytes of an earlier one; those that went on from them.'),
});

const retentionReason = z.strictObject({
  rule: z.enum(['max_files', 'max_bytes', 'max_age']),
  limit: z.number().describe('Files, bytes, or ms.'),
  category: z.string().optional(),
});

/** `longhaul tidy --json` */
export const tidiedSchema = z.strictObject({
  dryRun: z.boolean().describe('Nothing was done; this is what would be.'),
  busy: z.boolean().describe('Another process is at it; nothing was done here.'),
  actions: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('cleaned').describe('Delivered files were deleted by a rule.'),
        id: z.number().int().positive(),
        paths: z.array(z.string()),
        bytes,
        reason: retentionReason,
      }),
      z.strictObject({
        kind: z.literal('seeded').describe('A rule asks for its deletion, which waits until its seeding ends.'),
        id: z.number().int().positive(),
        reason: retentionReason,
      }),
      z.strictObject({
        kind: z.literal('let go').describe('The file is not what was delivered any more; it is left alone.'),
        id: z.number().int().positive(),
        message: z.string(),
      }),
      z.strictObject({
        kind: z.literal('gave up').describe('What a failed download had fetched was deleted.'),
        id: z.number().int().positive(),
        paths: z.array(z.string()),
        bytes,
      }),
      z.strictObject({
        kind: z.literal('gave up elsewhere').describe('What a step had begun elsewhere (an upload) was removed there.'),
        id: z.number().int().positive(),
        step: z.string(),
      }),
      z.strictObject({
        kind: z.literal('left elsewhere').describe('It could not be removed there; it is tried again next time.'),
        id: z.number().int().positive(),
        message: z.string(),
      }),
      z.strictObject({
        kind: z.literal('forgot').describe('The row of a failed or cancelled download was deleted.'),
        id: z.number().int().positive(),
        name: z.string().nullable(),
      }),
      z.strictObject({
        kind: z.literal('orphan').describe('A partial that no download claims.'),
        path: z.string(),
        bytes,
        whose: z.enum(['ended', 'removed', 'unknown']),
        kept: z.boolean(),
      }),
      z.strictObject({
        kind: z.literal('left').describe('It could not be removed; it is tried again next time.'),
        path: z.string(),
        message: z.string(),
      }),
    ]),
  ),
});
export type WireTidied = z.output<typeof tidiedSchema>;

/** `longhaul verify --json` */
export const verificationSchema = z.strictObject({
  id: z.number().int().positive(),
  uid: z.string(),
  ok: z.boolean().describe('Nothing differs.'),
  files: z.array(
    z.strictObject({
      path: z.string(),
      size: bytes.nullable(),
      digest: z.string().nullable().describe('What was recorded; null: nothing was.'),
      checked: z.enum(['size', 'digest']),
      problem: z.string().nullable().describe('What differs.'),
    }),
  ),
});
export type WireVerification = z.output<typeof verificationSchema>;

const count = z.number().int().nonnegative();
const counts = z.record(z.string(), count);

/** `longhaul import --json` */
export const importSchema = z.strictObject({
  from: z.string().describe('The file, or the database without its password.'),
  what: z.string().describe('What it was recognised as.'),
  dryRun: z.boolean(),
  added: counts.describe('By the state in which they came.'),
  known: count.describe('Imported before.'),
  followed: count.describe('Unfinished here already, by the same link.'),
  files: z
    .strictObject({ stands: count, differs: count, gone: count })
    .describe('Of what was delivered: whether its file is where it was.'),
  notYet: counts.describe('Paused, since what they came from is no link that can be downloaded.'),
  leftOut: counts.describe('What is no download.'),
  problems: z
    .array(z.strictObject({ line: z.number().int().positive().nullable(), problem: z.string() }))
    .describe('What could not be saved; the first thousand.'),
  problemCount: count,
  willRun: z.boolean().describe('Somebody is running who downloads what is pending.'),
});
export type WireImport = z.output<typeof importSchema>;
