import type { Dialect, Migration } from './migration.ts';

/** Times are UTC epoch ms, sizes bytes, truth values 0 or 1; JSON is text. */
export const first: Migration = {
  version: 1,
  name: 'first',
  statements: (dialect) => [
    downloads(dialect),
    ...downloadIndexes,
    files(dialect),
    'CREATE UNIQUE INDEX files_partial ON files (partial_path) WHERE partial_path IS NOT NULL',
    attempts(dialect),
    steps(dialect),
    events(dialect),
    'CREATE INDEX events_of_download ON events (download_id, id)',
    samples(dialect),
    'CREATE INDEX samples_of_subject ON samples (subject, at)',
    verdicts(dialect),
    instances(dialect),
    chores(dialect),
    downloadInfo(dialect),
  ],
};

/** The CHECK keeps what every fence relies on: a lease is held exactly in the leased states. */
const downloads = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE downloads (
  id ${generatedId},
  uid TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  link TEXT NOT NULL,
  link_key TEXT NOT NULL,
  name TEXT,
  status TEXT NOT NULL,
  wish TEXT,
  wish_options TEXT,
  waiting_for TEXT,
  priority INTEGER NOT NULL DEFAULT 0,
  position ${bigint} NOT NULL DEFAULT 0,
  category TEXT,
  requested_by TEXT,
  runner TEXT,
  metadata TEXT NOT NULL,
  directory TEXT NOT NULL,
  options TEXT NOT NULL,
  total_bytes ${bigint},
  bytes_downloaded ${bigint} NOT NULL DEFAULT 0,
  file_size ${bigint},
  download_path TEXT,
  resume_token TEXT,
  integrity TEXT,
  retry_count INTEGER NOT NULL DEFAULT 0,
  tries_in_vain INTEGER NOT NULL DEFAULT 0,
  last_retry_at ${bigint},
  next_attempt_at ${bigint},
  error_class TEXT,
  error_message TEXT,
  lease_token ${bigint} NOT NULL DEFAULT 0,
  locked_by TEXT,
  locked_at ${bigint},
  lease_until ${bigint},
  started_at ${bigint},
  completed_at ${bigint},
  created_at ${bigint} NOT NULL,
  updated_at ${bigint} NOT NULL,
  CHECK ((status IN ('downloading', 'processing')) = (locked_by IS NOT NULL)),
  CHECK (status IN ('pending', 'downloading', 'processing', 'retrying', 'paused',
                    'completed', 'failed', 'cancelled', 'cleaned'))
)`;

/** The columns after those that are searched and sorted by let an index answer alone. */
const downloadIndexes = [
  'CREATE INDEX downloads_by_status ON downloads (status, id, file_size)',
  'CREATE INDEX downloads_in_turn ON downloads (status, priority DESC, position, id, next_attempt_at, runner)',
  `CREATE INDEX downloads_due ON downloads (status, next_attempt_at, runner) WHERE next_attempt_at IS NOT NULL`,
  `CREATE INDEX downloads_unfinished_key ON downloads (link_key)
     WHERE status IN ('pending', 'downloading', 'processing', 'retrying', 'paused')`,
  'CREATE INDEX downloads_leased ON downloads (locked_by) WHERE locked_by IS NOT NULL',
  'CREATE INDEX downloads_lease_end ON downloads (lease_until) WHERE lease_until IS NOT NULL',
  'CREATE INDEX downloads_wished ON downloads (wish, status) WHERE wish IS NOT NULL',
];

const files = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE files (
  id ${generatedId},
  download_id ${bigint} NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  size ${bigint},
  selected INTEGER NOT NULL DEFAULT 1,
  main INTEGER NOT NULL DEFAULT 0,
  partial_path TEXT,
  final_path TEXT,
  durable TEXT NOT NULL DEFAULT '[]',
  durable_bytes ${bigint} NOT NULL DEFAULT 0,
  digest TEXT,
  UNIQUE (download_id, position)
)`;

const attempts = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE attempts (
  id ${generatedId},
  download_id ${bigint} NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
  token ${bigint} NOT NULL,
  instance TEXT NOT NULL,
  from_bytes ${bigint} NOT NULL,
  to_bytes ${bigint},
  started_at ${bigint} NOT NULL,
  ended_at ${bigint},
  outcome TEXT,
  error_class TEXT,
  error_message TEXT,
  UNIQUE (download_id, token)
)`;

const steps = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE steps (
  id ${generatedId},
  download_id ${bigint} NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  options TEXT NOT NULL,
  status TEXT NOT NULL,
  resume_mark TEXT,
  result TEXT,
  started_at ${bigint},
  ended_at ${bigint},
  UNIQUE (download_id, position)
)`;

/** No foreign key: the event that tells of a removal outlives its download, and carries its metadata. */
const events = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE events (
  id ${generatedId},
  at ${bigint} NOT NULL,
  download_id ${bigint} NOT NULL,
  uid TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_status TEXT,
  to_status TEXT,
  detail TEXT NOT NULL,
  metadata TEXT
)`;

const samples = ({ generatedId, bigint }: Dialect) => `
CREATE TABLE samples (
  id ${generatedId},
  subject TEXT NOT NULL,
  at ${bigint} NOT NULL,
  bytes ${bigint} NOT NULL,
  total ${bigint},
  status TEXT NOT NULL
)`;

const verdicts = ({ bigint }: Dialect) => `
CREATE TABLE verdicts (
  subject TEXT NOT NULL PRIMARY KEY,
  verdict TEXT NOT NULL,
  evidence TEXT NOT NULL,
  since ${bigint} NOT NULL,
  at ${bigint} NOT NULL
)`;

const instances = ({ bigint }: Dialect) => `
CREATE TABLE instances (
  uid TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  role TEXT NOT NULL,
  socket_path TEXT NOT NULL,
  started_at ${bigint} NOT NULL,
  beat_at ${bigint} NOT NULL
)`;

/** Work that one of all processes does now and then: who took it, and when it was last done. */
const chores = ({ bigint }: Dialect) => `
CREATE TABLE chores (
  name TEXT NOT NULL PRIMARY KEY,
  taken_at ${bigint} NOT NULL,
  done_at ${bigint} NOT NULL
)`;

/** For readers of the older program's table: its columns, its words for states, its timestamps. */
const downloadInfo = ({ timestamp }: Dialect) => `
CREATE VIEW download_info AS SELECT
  id,
  CASE status
    WHEN 'retrying' THEN 'pending'
    WHEN 'paused' THEN 'pending'
    WHEN 'processing' THEN 'downloading'
    WHEN 'cancelled' THEN 'failed'
    WHEN 'cleaned' THEN 'completed'
    ELSE status
  END AS status,
  download_path,
  file_size,
  bytes_downloaded,
  NULLIF(total_bytes, 0) AS total_bytes,
  resume_token,
  retry_count,
  ${timestamp('last_retry_at')} AS last_retry_at,
  ${timestamp('locked_at')} AS locked_at,
  locked_by,
  ${timestamp('started_at')} AS started_at,
  ${timestamp('completed_at')} AS completed_at,
  error_message,
  ${timestamp('created_at')} AS created_at,
  ${timestamp('updated_at')} AS updated_at
FROM downloads`;
