import { type AddRequest, type Commands, type Limits, NotFound, type Shown } from '../../src/commands/commands.ts';
import { statsOf } from '../../src/commands/stats.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { Download, DownloadFile } from '../../src/downloads/download.ts';
import type { DownloadEvent, ProgressReport } from '../../src/downloads/events.ts';
import { Failure } from '../../src/downloads/failure.ts';
import { isUnfinished, mayWish, type Status, statuses, wishLeadsTo } from '../../src/downloads/states.ts';
import type { Longhaul } from '../../src/instance/longhaul.ts';
import { silentLog } from '../../src/log/log.ts';
import type { TakenBack } from '../../src/steps/step.ts';
import { NotPossible } from '../../src/store/store.ts';
import { sampleRow } from './sample-row.ts';

/** A Longhaul of rows in memory, for tests of those who ask: nothing runs, the test says what happens. */
export interface FakeLonghaul extends Longhaul {
  readonly rows: ReadonlyMap<number, Download>;
  readonly closed: boolean;
  /** A row that another process adds, and tells. */
  add(row: Partial<Download>): void;
  /** Changes a row as an engine would, and tells it. */
  change(id: number, change: Partial<Download>): void;
  progress(report: Partial<ProgressReport> & { readonly downloadId: number }): void;
  /** Delivered files of a download, for those that ask before deleting. */
  deliver(id: number, ...paths: readonly string[]): void;
  /** Resolves when so many wait for the end of their download. */
  untilWaiting(count: number): Promise<void>;
}

const at = Date.UTC(2026, 10, 21, 12);

export function fakeLonghaul(given: readonly Partial<Download>[] = [], warnings: readonly string[] = []): FakeLonghaul {
  const rows = new Map<number, Download>();
  const files = new Map<number, DownloadFile[]>();
  const events = new Set<(event: DownloadEvent) => void>();
  const reports = new Set<(report: ProgressReport) => void>();
  const settling = fakeSettling(rows);
  let closed = false;

  function change(id: number, fields: Partial<Download>): void {
    const before = rows.get(id);
    if (!before) return;
    rows.set(id, { ...before, ...fields });
    for (const tell of events) tell(stateEvent(before, fields.status ?? before.status));
    settling.look(id);
  }

  for (const row of given) insert(rows, row);
  return {
    rows,
    get closed() {
      return closed;
    },
    add(row) {
      const download = insert(rows, row);
      for (const tell of events) tell({ ...stateEvent(download, 'pending'), kind: 'added' });
    },
    change,
    progress: (report) => {
      for (const tell of reports) tell({ ...noProgress, ...report });
    },
    deliver(id, ...paths) {
      const delivered = paths.map((path, position) => ({
        ...emptyFile,
        downloadId: id,
        position,
        path,
        finalPath: path,
      }));
      files.set(id, delivered);
    },
    untilWaiting: settling.untilWaiting,
    instance: 'me',
    config: { ...defaults, downloads: { file_mode: '0640', directory: '/configured' } } as Longhaul['config'],
    log: silentLog,
    commands: fakeCommands(rows, files, change),
    warnings,
    onEvent: (listener) => listenIn(events, listener),
    onProgress: (listener) => listenIn(reports, listener),
    settled: settling.wait,
    server: async () => undefined,
    reload: () => Promise.reject(new Error('a fake has no configuration')),
    async close() {
      closed = true;
    },
  };
}

function listenIn<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function insert(rows: Map<number, Download>, row: Partial<Download>): Download {
  const id = rows.size + 1;
  const download = {
    ...sampleRow,
    createdAt: at,
    updatedAt: at,
    id,
    uid: `0197a000-0000-7000-8000-${String(id).padStart(12, '0')}`,
    ...row,
  };
  rows.set(id, download);
  return download;
}

const noLimits: Limits = { rate: 'off', configured: 'off', perDownload: 'off', window: null };

function fakeLimits(
  rows: Map<number, Download>,
  find: (reference: string) => Download,
): Pick<Commands, 'limit' | 'limitAll' | 'limits'> {
  let limits = noLimits;
  return {
    async limit(reference, rate) {
      const row = find(reference);
      if (!isUnfinished(row.status)) throw new NotPossible(`download ${row.id} is ${row.status}`);
      const { rate: _before, ...others } = row.options;
      const limited = { ...row, options: rate === 'default' ? others : { ...others, rate } };
      rows.set(row.id, limited);
      return limited;
    },
    async limitAll(rate) {
      limits = { ...noLimits, ...(rate === 'default' ? {} : { rate, set: rate }) };
      return limits;
    },
    limits: async () => limits,
  };
}

/** A host that deletes everything but what is called `kept`. */
function takenBack({ resultLink: link }: Download): readonly TakenBack[] {
  if (link === null) return [];
  return [{ link, ...(link.includes('kept') ? { left: 'nas: it refuses this' } : {}) }];
}

function deliveredOf(rows: ReadonlyMap<number, Download>, link: string): Download | undefined {
  return [...rows.values()].find((row) => row.link === link && row.status === 'completed');
}

function fakeAdding(rows: Map<number, Download>): Commands['add'] {
  return async ({ link, directory, options = {}, metadata = {}, runner, ifExists, category, priority }) => {
    if (!/^https?:/.test(link))
      throw new Failure('link', `"${link}" is not a link; links begin with http://, https://`);
    const unfinished = [...rows.values()].find((row) => row.link === link && isUnfinished(row.status));
    const there = unfinished ?? (ifExists === undefined ? undefined : deliveredOf(rows, link));
    if (there && ifExists !== 'new') {
      return { download: there, followed: true, skipped: ifExists === 'skip', willRun: false };
    }
    const download = insert(rows, {
      link,
      linkKey: link,
      directory,
      options,
      metadata,
      runner: runner ?? null,
      category: category ?? null,
      priority: priority ?? 0,
    });
    return { download, followed: false, skipped: false, willRun: runner !== undefined };
  };
}

function fakeOrder(
  rows: Map<number, Download>,
  find: (reference: string) => Download,
): Pick<Commands, 'queued' | 'set' | 'move' | 'releaseStale'> {
  return {
    async releaseStale() {
      return [...rows.values()]
        .filter(({ lockedBy }) => lockedBy === 'dead')
        .map((download) => ({ download, holder: { pid: 42, host: 'tower', role: 'get' } }));
    },
    async queued({ limit = 50, after }) {
      if (after) return [];
      const waiting = [...rows.values()].filter(({ status }) => status === 'pending' || status === 'retrying');
      return waiting.toSorted((a, b) => b.priority - a.priority || a.position - b.position).slice(0, limit);
    },
    async set(reference, { rate: _rate, ...facts }) {
      const changed = { ...find(reference), ...facts };
      rows.set(changed.id, changed);
      return changed;
    },
    async move(reference, place) {
      const positions = [...rows.values()].map(({ position }) => position);
      const row = find(reference);
      const to = { top: Math.min(...positions) - 1, up: row.position - 1, down: row.position + 1 };
      const moved = { ...row, position: place === 'bottom' ? Math.max(...positions) + 1 : to[place] };
      rows.set(moved.id, moved);
      return moved;
    },
  };
}

function shownOf(download: Download, files: ReadonlyMap<number, DownloadFile[]>): Shown {
  const nothing = { attempts: [], steps: [], events: [] };
  return { download, files: files.get(download.id) ?? [], ...nothing, why: `why ${download.status}` };
}

function fakeCommands(
  rows: Map<number, Download>,
  files: ReadonlyMap<number, DownloadFile[]>,
  change: FakeLonghaul['change'],
): Commands {
  function find(reference: string): Download {
    const row = rows.get(Number(reference));
    if (!row) throw new NotFound(`there is no download ${reference}; longhaul list --all shows what there is`);
    return row;
  }

  const add = fakeAdding(rows);
  const addOrRefuse = (request: AddRequest) =>
    add(request).catch((error: unknown) => {
      if (error instanceof Failure) return { refused: error };
      throw error;
    });

  return {
    add,
    runSteps: () => Promise.reject(new Failure('link', 'there is no step here')),
    addMany: (requests) => Promise.all(requests.map(addOrRefuse)),
    async duplicate({ link }) {
      const download = deliveredOf(rows, link);
      return download && { download, by: 'link' };
    },
    importDownloads: async () => ({ refused: 'is nothing that can be imported' }),
    metalink: () => Promise.reject(new Failure('link', 'nothing here reads Metalinks')),
    torrent: () => Promise.reject(new Failure('link', 'nothing here reads torrents')),
    async preview({ link, directory, options = {} }) {
      const name = options.name ?? 'film.mkv';
      const files = [{ path: `${directory}/${name}`, size: 5, main: true, selected: true }];
      return { link, source: 'http', name, totalBytes: 5, files, ranges: true, validator: null };
    },
    takeBack: async (reference) => takenBack(find(reference)),
    async verify(reference) {
      const download = find(reference);
      const delivered = (files.get(download.id) ?? []).map(({ path }) => ({
        path,
        size: 5,
        digest: null,
        checked: 'size' as const,
        problem: download.status === 'completed' ? null : 'is gone',
      }));
      return { download, ok: delivered.every(({ problem }) => problem === null), files: delivered };
    },
    async list({ statuses: wanted, category, beforeId = Number.POSITIVE_INFINITY, limit = 50 }) {
      const found = [...rows.values()].filter(
        (row) =>
          row.id < beforeId &&
          (wanted?.includes(row.status) ?? true) &&
          (category === undefined || row.category === category),
      );
      return found.toReversed().slice(0, limit);
    },
    show: async (reference) => shownOf(find(reference), files),
    async control(reference, { wish }) {
      const row = find(reference);
      if (!mayWish(row.status, wish)) throw new NotPossible(`download ${row.id} is ${row.status}`);
      if (wish === 'remove') rows.delete(row.id);
      else if (wish !== 'nudge') change(row.id, { status: wishLeadsTo[wish] });
      return { download: rows.get(row.id) ?? row, obeyed: true, left: [] };
    },
    async *exportDownloads() {
      for (const download of [...rows.values()].toReversed()) yield { download, files: files.get(download.id) ?? [] };
    },
    stats: async ({ since = null }) => statsOf({ groups: [], ends: [], attempts: noAttempts }, since),
    tidy: async () => ({ busy: false, actions: [] }),
    ...fakeOrder(rows, find),
    ...fakeLimits(rows, find),
    async history({ limit }) {
      const byStatus = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
      for (const { status } of rows.values()) byStatus[status] += 1;
      const recent = [...rows.values()].toReversed().slice(0, limit);
      return { recent, statistics: { total: rows.size, byStatus, completedBytes: 5 } };
    },
  };
}

function fakeSettling(rows: ReadonlyMap<number, Download>) {
  const waiters = new Set<{ readonly id: number; look(): void }>();
  const crowd: { readonly count: number; tell(): void }[] = [];
  const wait: Longhaul['settled'] = (id, { wait: longest, signal }) =>
    new Promise((resolve, reject) => {
      const waiter = {
        id,
        look() {
          const row = rows.get(id);
          if (row && !isSettled(row, longest)) return;
          waiters.delete(waiter);
          resolve(row);
        },
      };
      signal?.addEventListener('abort', () => reject(signal.reason));
      waiters.add(waiter);
      waiter.look();
      for (const { count, tell } of crowd) if (waiters.size >= count) tell();
    });
  return {
    wait,
    look(id: number) {
      for (const waiter of waiters) if (waiter.id === id) waiter.look();
    },
    untilWaiting: (count: number) =>
      new Promise<void>((tell) => (waiters.size >= count ? tell() : crowd.push({ count, tell }))),
  };
}

function isSettled({ status, nextAttemptAt }: Download, longest: number): boolean {
  return !isUnfinished(status) || status === 'paused' || (status === 'retrying' && (nextAttemptAt ?? 0) - at > longest);
}

function stateEvent({ id, uid, status }: Download, to: Status): DownloadEvent {
  return { id: 1, at, downloadId: id, uid, kind: 'state', from: status, to, detail: {}, metadata: {}, category: null };
}

const noAttempts = { tries: 0, resumes: 0, resumed: 0, bytes: 0, ms: 0, peak: 0 };

const emptyFile: DownloadFile = {
  id: 1,
  downloadId: 0,
  position: 0,
  path: '',
  size: null,
  selected: true,
  main: false,
  partialPath: null,
  finalPath: null,
  durable: [],
  digest: null,
  identity: null,
  modifiedAt: null,
  step: null,
  herePath: null,
};

const noProgress: ProgressReport = {
  downloadId: 0,
  uid: '',
  name: null,
  status: 'downloading',
  bytes: 0,
  totalBytes: null,
  speed: 0,
  eta: null,
  metadata: {},
  progress: {
    operation: 'download',
    status: 'in_progress',
    percentage: null,
    current: 0,
    total: null,
    unit: 'bytes',
    speed: 0,
    eta: null,
    message: null,
    timestamp: 0,
  },
};
