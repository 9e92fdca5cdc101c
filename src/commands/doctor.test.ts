import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import type { Download } from '../downloads/download.ts';
import { type InstanceRow, StoreFailure } from '../store/store.ts';
import { type DoctorParts, doctor } from './doctor.ts';

const living: InstanceRow = {
  uid: 'a',
  host: 'tower',
  pid: 42,
  role: 'serve',
  socketPath: '/s',
  startedAt: 0,
  beatAt: 0,
};

const ffmpeg = { name: 'ffmpeg', purpose: 'films', remedy: 'apt install ffmpeg' };

function parts(change: Partial<DoctorParts> = {}, held: readonly Partial<Download>[] = []): DoctorParts {
  return {
    clock: manualClock(Date.UTC(2026, 10, 21)),
    disk: {
      space: async () => ({ free: 5e9, total: 9e9 }),
      facts: async (path) => (path === '/' ? ({} as never) : undefined),
    },
    nodeVersion: '24.15.0',
    config: async () => ({
      file: '/c.yaml',
      found: true,
      warnings: [],
      downloads: '/not/there/yet',
      folders: { logs: '/logs' },
    }),
    probe: async (folder) => ({ place: folder === '/logs' ? folder : '/', writtenAt: 1000, now: 2000 }),
    sockets: async () => '/run',
    tools: async () => [
      { ...ffmpeg, version: '7.1' },
      { ...ffmpeg, name: 'rclone', version: undefined },
    ],
    database: async () => ({ file: '/d.db', found: true, schema: 3, sqlite: '3.53.4', problems: [] }),
    instances: async () => ({
      store: { instances: async () => [living], list: async () => held as Download[] },
      living: { isAlive: async ({ uid }) => uid === 'a' },
      warnings: [],
    }),
    ...change,
  };
}

const stateOf = async (
  change: Partial<DoctorParts>,
  held?: readonly Partial<Download>[],
): Promise<Record<string, string>> =>
  Object.fromEntries((await doctor(parts(change, held))).map(({ name, state, text }) => [name, `${state}: ${text}`]));

test('a sound machine has a line for each thing, all of them fine', async () => {
  assert.deepEqual(await stateOf({}), {
    node: 'ok: 24.15.0',
    clock: 'ok: 2026-11-21T00:00:00.000Z',
    configuration: 'ok: /c.yaml',
    'disk space': 'ok: 5 GB of 9 GB free at /not/there/yet',
    'folder: downloads': 'ok: /not/there/yet (can be made in /)',
    'folder: logs': 'ok: /logs',
    sockets: 'ok: /run; no port is listened on',
    sqlite: 'ok: 3.53.4',
    database: 'ok: /d.db, schema 3, sound',
    instances: 'ok: serve (process 42 on tower)',
    ffmpeg: 'ok: 7.1',
    rclone: 'ok: not installed, only needed for films; apt install ffmpeg',
  });
});

test('what is wrong says what to do', async () => {
  const found = await stateOf({
    clock: manualClock(0),
    nodeVersion: '24.14.9',
    disk: { space: async () => ({ free: 1e6, total: 9e9 }), facts: async () => ({}) as never },
    database: async () => ({
      file: '/d.db',
      found: true,
      schema: 3,
      sqlite: '3.51.2',
      problems: ['row 3 missing', 'x'],
    }),
  });
  assert.match(found.node ?? '', /^bad: 24\.14\.9 is too old; install Node 24\.15/);
  assert.match(found.clock ?? '', /^bad: it shows 1970-.*set it/);
  assert.match(found['disk space'] ?? '', /^warning: 1 MB of 9 GB free.*make room/);
  assert.match(found.sqlite ?? '', /^bad: 3\.51\.2 .*3\.51\.3 or newer/);
  assert.match(
    found.database ?? '',
    /^bad: \/d\.db is damaged \(row 3 missing, and 1 more\); the next start repairs it/,
  );
});

test('downloads held by a dead process are found', async () => {
  const found = await stateOf({}, [
    { id: 3, lockedBy: 'a' },
    { id: 7, lockedBy: 'gone' },
  ]);
  assert.equal(
    found.instances,
    'warning: 1 download (7) is held by a process that is gone; go on with: longhaul resume-downloads',
  );
});

test('a part that cannot be looked at is a line, and the others are looked at all the same', async () => {
  const found = await stateOf({
    database: () => Promise.reject(new StoreFailure('locked by another program')),
    instances: () => Promise.reject(new StoreFailure('locked by another program')),
  });
  assert.equal(found.database, 'bad: locked by another program');
  assert.equal(found.instances, 'bad: locked by another program');
  assert.match(found.node ?? '', /^ok/);
  const broken = await stateOf({ config: () => Promise.reject(new Error('queue.slots: "x" must be a number')) });
  assert.equal(broken.configuration, 'bad: queue.slots: "x" must be a number');
});

test('no database yet is fine', async () => {
  const found = await stateOf({
    database: async () => ({ file: '/d.db', found: false, schema: 0, sqlite: '3.53.4', problems: [] }),
  });
  assert.match(found.database ?? '', /^ok: there is none yet/);
});

test('of a database server its version, and whether the two clocks agree', async () => {
  const now = Date.UTC(2026, 10, 21);
  const server = { place: 'db:5432/own', postgres: '18.4', schema: 3 };
  const agree = await stateOf({ database: async () => ({ ...server, now: now + 5000 }) });
  assert.equal(agree.database, 'ok: PostgreSQL 18.4 at db:5432/own, schema 3');
  assert.match(agree.clock ?? '', /^ok/);
  const differ = await stateOf({ database: async () => ({ ...server, now: now - 3_600_000 }) });
  assert.match(differ.clock ?? '', /^warning: this machine's clock is 3600 s ahead of the database's/);
});

test('a folder that cannot be written to, and a file system whose clock is another one, are found', async () => {
  const found = await stateOf({
    probe: async (folder) => {
      if (folder === '/logs') throw new Error('no permission to write in /logs; make it writable for this user');
      return { place: folder, writtenAt: 100_000, now: 40_000 };
    },
    sockets: () => Promise.reject(new Error('no sockets in /run')),
  });
  assert.match(found['folder: logs'] ?? '', /^bad: no permission to write in \/logs; make it writable/);
  assert.match(found['folder: downloads'] ?? '', /^warning: .* 60 s ahead; set both clocks by NTP/);
  assert.match(found.sockets ?? '', /^bad: no sockets/);
});

test('a clock that runs backwards is found', async () => {
  const moments = [10, 9];
  const clock = { ...manualClock(Date.UTC(2026, 10, 21)), monotonic: () => moments.shift() ?? 0 };
  assert.match((await stateOf({ clock })).clock ?? '', /^bad: it runs backwards/);
});
