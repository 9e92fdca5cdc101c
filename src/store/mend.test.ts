import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Sidecar } from '../downloads/sidecar.ts';
import { silentLog } from '../log/log.ts';
import { systemClock } from '../time/clock.ts';
import { newestSchema } from './migrations/list.ts';
import { type OpenedStore, openStore } from './open.ts';
import { type Store, StoreFailure } from './store.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * 60 * 60 * 1000;
const jpeg = Buffer.from('ffd8ffe000104a46494600010101006000600000ffdb0043', 'hex');

const lost: Sidecar = {
  version: 1,
  uid: '01939393-0000-7000-8000-000000000001',
  source: 'http',
  link: 'http://host/lost.bin',
  linkKey: 'http://host/lost.bin',
  name: 'lost.bin',
  directory: '/downloads',
  options: { headers: ['X: 1'] },
  metadata: { own: 1 },
  category: 'tv',
  resumeToken: { etag: '"a"' },
  files: [{ position: 0, path: 'lost.bin', size: 10, main: true, partialPath: '/downloads/lost.bin.part' }],
  createdAt: now - 5,
};

test('a database that is a JPEG is set aside, restored from the backup, completed from the partials, and said', async (t) => {
  const house = await furnished(t);
  await house.store.add(aDownload('after-the-backup'), now);
  await house.close();
  await writeFile(house.path, jpeg);
  const { store, warnings } = await house.open([lost]);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /^the database was damaged \(.*not a database\); the damaged file is kept as .*\.damaged-.*; it was restored from the backup longhaul-.* \(3 downloads; .*\); 1 download found by their partial files, which are fetched from the beginning again$/,
  );
  const aside = (await readdir(dirname(house.path))).filter((name) => name.includes('.damaged-'));
  assert.equal(aside.length, 1);
  assert.deepEqual(await readFile(join(dirname(house.path), aside[0] ?? '')), jpeg);
  assert.deepEqual((await names(store)).toSorted(), ['lost.bin', 'moving', 'never-begun', 'was-completed']);
  assert.equal((await stat(house.path)).mode & 0o777, 0o600);
  assert.deepEqual((await reopen(house, [])).warnings, [], 'the next start finds nothing to say');
});

test('a recovered download has everything the partial knew; its bytes count as not there', async (t) => {
  const house = await furnished(t);
  await house.close();
  await writeFile(house.path, jpeg);
  const { store } = await house.open([lost, { ...lost, files: [] }]);
  const row = await store.find(lost.uid);
  assert.ok(row);
  const { version: _, files: _files, ...facts } = lost;
  assert.partialDeepStrictEqual(row, { ...facts, status: 'pending', bytesDownloaded: 0, totalBytes: 10, runner: null });
  const [file] = await store.files(row.id);
  assert.partialDeepStrictEqual(file, { partialPath: '/downloads/lost.bin.part', durable: [], size: 10, main: true });
  const [event] = await store.events({ downloadId: row.id, limit: 5 });
  assert.partialDeepStrictEqual(event, { kind: 'recovered', metadata: { own: 1 } });
});

const several = [0, 1, 2].map((position) => {
  return { position, path: `lost/${position}`, size: 10, main: position === 1, partialPath: null };
});
/** What stands beside the partial of one of them. */
const besideOf = (at: number): Sidecar['files'] =>
  several.slice(at, at + 1).map((file) => ({ ...file, partialPath: `/downloads/lost/${at}.part` }));

for (const [what, sidecars, known] of [
  ['each partial tells of its own', [besideOf(2), besideOf(1)], [1, 2]],
  ['a partial of an older version tells of all', [besideOf(2), several, besideOf(1)], [0, 1, 2]],
] as const) {
  test(`of several files ${what}; the next resolve completes them`, async (t) => {
    const house = await furnished(t);
    await house.close();
    await writeFile(house.path, jpeg);
    const { store } = await house.open(sidecars.map((files) => ({ ...lost, totalBytes: 30, files })));
    const claim = await store.claim((await store.find(lost.uid))?.id ?? 0, 'me', now + 60_000, now);
    assert.ok(claim);
    assert.equal(claim.download.totalBytes, 30);
    assert.deepEqual(
      claim.files.map(({ position, partialPath }) => [position, partialPath !== null]),
      known.map((position) => [position, position > 0]),
    );
    const told = several.map(({ path, size, main }) => ({ path, size, main }));
    const manifest = { name: 'lost', totalBytes: 30, resumeToken: {}, files: told, restart: false };
    const files = await store.recordManifest(claim.lease, manifest, now);
    assert.deepEqual(
      files?.map(({ position, path }) => [position, path]),
      several.map(({ position, path }) => [position, path]),
    );
  });
}

test('after a restore nobody holds a lease and nothing on its way counts as durable', async (t) => {
  const house = await furnished(t);
  await house.close();
  await writeFile(house.path, jpeg);
  const { store } = await house.open([]);
  const moving = (await store.list({ limit: 9 })).find(({ name }) => name === 'moving');
  assert.ok(moving);
  assert.partialDeepStrictEqual(moving, { status: 'pending', lockedBy: null, bytesDownloaded: 0, leaseToken: 1 });
  assert.deepEqual((await store.files(moving.id))[0]?.durable, []);
  assert.equal((await store.attempts(moving.id))[0]?.outcome, 'lost');
  assert.deepEqual(await store.instances(), []);
});

test('the partial of another download is no longer claimed by a row of the old backup', async (t) => {
  const house = await furnished(t);
  await house.close();
  await writeFile(house.path, jpeg);
  const taken = { ...lost, files: lost.files.map((file) => ({ ...file, partialPath: '/downloads/moving.part' })) };
  const { store } = await house.open([taken]);
  const holders = [];
  for (const row of await store.list({ limit: 9 })) {
    for (const { partialPath } of await store.files(row.id)) if (partialPath) holders.push(row.uid);
  }
  assert.deepEqual(holders, [lost.uid]);
});

test('the folders of all partials are known when the database is lost', async (t) => {
  const house = await furnished(t);
  await house.close();
  await rm(house.path);
  let asked: readonly string[] = [];
  const { warnings } = await house.open([], (directories) => {
    asked = directories;
  });
  assert.deepEqual(asked, ['/downloads']);
  assert.match(warnings[0] ?? '', /it is gone\); it was restored from the backup/);
});

for (const [what, damage] of Object.entries({
  'cut in the middle': async (path: string) => truncate(path, 3 * 4096),
  'overwritten in the middle': (path: string) => overwrite(path, 4096, 40 * 4096),
  empty: async (path: string) => truncate(path, 0),
})) {
  test(`a database that was ${what} is restored at its next start, however it was closed`, async (t) => {
    const house = await furnished(t);
    await house.close();
    await damage(house.path);
    await report(house.path);
    const { store, warnings } = await house.open([]);
    assert.match(warnings[0] ?? '', /^the database was damaged/);
    assert.deepEqual((await names(store)).toSorted(), ['moving', 'never-begun', 'was-completed']);
  });
}

test('damage that an operation meets is said, and mended at the next start', async (t) => {
  const house = await furnished(t);
  for (let n = 0; n < 300; n += 1) await house.store.add(aDownload(`filler-${n}`), now);
  await house.close();
  for (const page of rowPages(house.path).slice(5, -5)) await overwrite(house.path, (page - 1) * 4096, 4096);
  const opened = await house.open([]);
  assert.deepEqual(opened.warnings, []);
  await assert.rejects(readAll(opened.store), (error) => {
    assert.ok(error instanceof StoreFailure);
    assert.match(error.message, /^the database is damaged .*run any longhaul command again, it will be repaired then$/);
    return true;
  });
  await opened.store.close();
  const { store, warnings } = await house.open([]);
  assert.match(warnings[0] ?? '', /restored from the backup/);
  await readAll(store);
});

test('without any backup the database begins anew, with what the partials know, and says so', async (t) => {
  const house = await furnished(t);
  await house.close();
  await rm(house.backups, { recursive: true });
  await writeFile(house.path, jpeg);
  const { store, warnings } = await house.open([lost]);
  assert.match(warnings[0] ?? '', /there was no usable backup, so it begins anew; 1 download found/);
  assert.deepEqual(await names(store), ['lost.bin']);
});

test('a damaged backup, or one of a newer program, is passed over for an older one', async (t) => {
  const house = await furnished(t);
  await house.close();
  const [good = ''] = await readdir(house.backups);
  const newer = join(house.backups, 'longhaul-2027-01-01T00-00-00-000Z.db');
  await copyFile(join(house.backups, good), newer);
  const connection = new DatabaseSync(newer);
  connection.exec(`PRAGMA user_version = ${newestSchema + 1}`);
  connection.close();
  await writeFile(join(house.backups, 'longhaul-2028-01-01T00-00-00-000Z.db'), jpeg);
  await copyFile(join(house.backups, good), join(house.backups, 'longhaul-2029-01-01T00-00-00-000Z.db'));
  await truncate(join(house.backups, 'longhaul-2029-01-01T00-00-00-000Z.db'), 8192);
  await copyFile(join(house.backups, good), join(house.backups, 'longhaul-2030-01-01T00-00-00-000Z.db'));
  await overwrite(join(house.backups, 'longhaul-2030-01-01T00-00-00-000Z.db'), 4096, 40 * 4096);
  await writeFile(house.path, jpeg);
  const { warnings } = await house.open([]);
  assert.match(warnings[0] ?? '', new RegExp(`restored from the backup ${good}`));
});

test('a log that was taken away after a crash is said, and nothing of it is trusted', async (t) => {
  const house = await furnished(t);
  const crashed = join(house.home, 'crashed', 'longhaul.db');
  await house.store.add(aDownload('only-in-the-log'), now);
  await copyCrashed(house.path, crashed);
  await rm(`${crashed}-wal`);
  const { store, warnings } = await openStore({ path: crashed, clock: systemClock, log: silentLog });
  t.after(() => store.close());
  assert.match(warnings[0] ?? '', /^the database's log \(.*-wal\) is missing, and with it what was recorded last/);
  await store.add(aDownload('new'), now);
});

test('a crash loses nothing that was told: the log is read at the next start', async (t) => {
  const house = await furnished(t);
  const crashed = join(house.home, 'crashed', 'longhaul.db');
  await house.store.add(aDownload('only-in-the-log'), now);
  await copyCrashed(house.path, crashed);
  const { store, warnings } = await openStore({ path: crashed, clock: systemClock, log: silentLog });
  t.after(() => store.close());
  assert.deepEqual(warnings, []);
  assert.equal((await store.list({ limit: 1 }))[0]?.name, 'only-in-the-log');
});

test('while another has it open, a damaged or vanished database is refused, not replaced', async (t) => {
  const house = await furnished(t);
  const other = new DatabaseSync(house.path);
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  other.close();
  await rm(house.path);
  await assert.rejects(house.open([]), /gone while another Longhaul uses it .*stop that one/);
  await writeFile(house.path, jpeg);
  await assert.rejects(house.open([]), /damaged and another Longhaul has it open .*stop that one/);
  assert.deepEqual(await readFile(house.path), jpeg);
});

test('what a crash during a restore left behind is not taken for a database', async (t) => {
  const house = await furnished(t);
  await house.close();
  await rm(house.path);
  await writeFile(`${house.path}.restoring`, jpeg);
  const { warnings } = await house.open([]);
  assert.match(warnings[0] ?? '', /restored from the backup/);
  assert.ok(!(await readdir(dirname(house.path))).some((name) => name.includes('.restoring')));
});

/** A database with a completed, a moving and a waiting download, and a backup of it. */
async function furnished(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-mend-'));
  const path = join(home, 'db', 'longhaul.db');
  const backups = join(home, 'backups');
  const openings: OpenedStore[] = [];
  t.after(async () => {
    for (const { store } of openings) await store.close();
    await rm(home, { recursive: true });
  });
  const open = async (sidecars: readonly Sidecar[], onAsked: (directories: readonly string[]) => void = () => {}) => {
    const opened = await openStore({
      path,
      backups: { directory: backups, keep: 7 },
      clock: systemClock,
      log: silentLog,
      async recoverFrom(directories) {
        onAsked(directories);
        return sidecars;
      },
    });
    openings.push(opened);
    return opened;
  };
  const { store, backupIfDue } = await open([]);
  await furnish(store);
  assert.ok(await backupIfDue(now + day));
  return { home, path, backups, store, open, close: () => store.close() };
}

async function furnish(store: Store): Promise<void> {
  const instance = { uid: 'me', host: 'h', pid: 1, role: 'serve', socketPath: '/s', startedAt: now, beatAt: now };
  await store.registerInstance(instance);
  const done = await begun(store, 'was-completed');
  await store.change(done.lease, { to: 'processing', integrity: 'length', downloadPath: '/d', fileSize: 9 }, now);
  await store.change(done.lease, { to: 'completed' }, now);
  const moving = await begun(store, 'moving');
  await store.recordPartial(moving.lease, moving.fileId, '/downloads/moving.part', now);
  const checkpoints = [{ lease: moving.lease, fileId: moving.fileId, ranges: [[0, 5]] as const }];
  await store.pulse({ instance: 'me', leases: [], leaseUntil: 0, checkpoints, samples: [] }, now);
  await store.add(aDownload('never-begun'), now);
}

async function begun(store: Store, name: string) {
  const { download } = await store.add(aDownload(name), now);
  const claim = await store.claim(download.id, 'me', now + 9, now);
  assert.ok(claim);
  const files = [{ path: name, size: 9, main: true }];
  const manifest = { name, totalBytes: 9, resumeToken: {}, files, restart: false };
  const [file] = (await store.recordManifest(claim.lease, manifest, now)) ?? [];
  assert.ok(file);
  return { lease: claim.lease, fileId: file.id };
}

function aDownload(name: string) {
  const link = `http://host/${name}`;
  const asked = { source: 'http', link, linkKey: link, directory: '/downloads', options: { name } };
  return { ...asked, metadata: {}, runner: null, ifExists: 'follow' } as const;
}

async function reopen(
  house: Awaited<ReturnType<typeof furnished>>,
  sidecars: readonly Sidecar[],
): Promise<OpenedStore> {
  return house.open(sidecars);
}

async function names(store: Store) {
  return (await store.list({ limit: 100 })).map(({ name }) => name);
}

async function readAll(store: Store): Promise<void> {
  for (const { id } of await store.list({ limit: 1000 })) {
    await store.files(id);
    await store.attempts(id);
    await store.events({ downloadId: id, limit: 100 });
  }
}

/** The pages that hold rows of downloads, and nothing that opening looks at. */
function rowPages(path: string): number[] {
  const connection = new DatabaseSync(path, { readOnly: true });
  const rows = connection.prepare(
    "SELECT pageno FROM dbstat WHERE name = 'downloads' AND pagetype = 'leaf' ORDER BY 1",
  );
  const pages = rows.all().map(({ pageno }) => Number(pageno));
  connection.close();
  return pages;
}

async function overwrite(path: string, from: number, length: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(
    Buffer.alloc(Math.min(length, (await file.stat()).size - from), 0xa5),
    0,
    undefined,
    Math.floor(from),
  );
  await file.close();
}

/** As an operation does that meets damage. */
async function report(path: string): Promise<void> {
  await writeFile(`${path}.suspect`, 'x');
}

/** What a process that dies leaves: the database with its log, as they stand. */
async function copyCrashed(from: string, to: string): Promise<void> {
  await mkdir(dirname(to));
  for (const ending of ['', '-wal', '-shm']) await copyFile(from + ending, to + ending);
}
