import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../log/log.ts';
import { systemClock } from '../time/clock.ts';
import { copyDatabase } from './copy-database.ts';
import { type OpenedStore, openStore } from './open.ts';

const now = Date.UTC(2026, 0, 1);
const hour = 60 * 60 * 1000;
const day = 24 * hour;

test('a backup is made once a day, whole, and for nobody else to read', async (t) => {
  const { open, backups } = await house(t);
  const { store, backupIfDue } = await open(7);
  const link = { link: 'http://host/a', linkKey: 'http://host/a' };
  const rest = { source: 'http', directory: '/d', options: {}, metadata: {}, runner: null, ifExists: 'new' } as const;
  await store.add({ ...link, ...rest }, now);
  const made = await backupIfDue(now);
  assert.equal(made, join(backups, 'longhaul-2026-01-01T00-00-00-000Z.db'));
  assert.equal((await stat(backups)).mode & 0o777, 0o700);
  assert.equal((await stat(made)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(backups), ['longhaul-2026-01-01T00-00-00-000Z.db']);
  const copy = new DatabaseSync(made, { readOnly: true });
  t.after(() => copy.close());
  assert.equal(copy.prepare('SELECT link FROM downloads').get()?.link, 'http://host/a');
  assert.equal(await backupIfDue(now + day - 1), undefined);
  assert.ok(await backupIfDue(now + day));
});

test('of two processes one makes the backup', async (t) => {
  const { open, backups } = await house(t);
  const instances = [await open(7), await open(7), await open(7)];
  const made = await Promise.all(instances.map(({ backupIfDue }) => backupIfDue(now)));
  assert.equal(made.filter(Boolean).length, 1);
  assert.equal((await readdir(backups)).length, 1);
});

test('a process that ends in the middle of a backup leaves it to the next, at once', async (t) => {
  const { open, grow } = await house(t);
  const first = await open(7);
  grow();
  const made = first.backupIfDue(now);
  // The worker is started when the chore is taken.
  await first.store.instances();
  await first.store.close();
  if ((await made) !== undefined) return t.diagnostic('it was quicker than its end');
  const second = await open(7);
  assert.ok(await second.backupIfDue(now + 1));
});

test('the newest are kept, with what else lies in the folder', async (t) => {
  const { open, backups } = await house(t);
  const { backupIfDue } = await open(2);
  await backupIfDue(now);
  await writeFile(join(backups, 'mine.txt'), '');
  await writeFile(join(backups, 'longhaul-2025-01-01T00-00-00-000Z.db.tmp'), 'unfinished');
  for (let n = 1; n < 4; n += 1) await backupIfDue(now + n * day);
  const kept = ['longhaul-2026-01-03T00-00-00-000Z.db', 'longhaul-2026-01-04T00-00-00-000Z.db', 'mine.txt'];
  assert.deepEqual((await readdir(backups)).toSorted(), kept);
});

test('a backup that fails harms nothing and is tried again in an hour', async (t) => {
  const { open, backups } = await house(t);
  const { backupIfDue } = await open(7);
  await writeFile(backups, 'a file where the folder belongs');
  assert.equal(await backupIfDue(now), undefined);
  await rm(backups);
  assert.equal(await backupIfDue(now + hour - 1), undefined);
  assert.ok(await backupIfDue(now + hour));
});

test('nothing stays of a copy that failed', async (t) => {
  const { backups } = await house(t);
  const database = join(dirname(backups), 'none.db');
  await mkdir(backups);
  assert.throws(() => copyDatabase({ database, target: join(backups, 'next.db') }), /unable to open/);
  assert.deepEqual(await readdir(backups), []);
});

test('closing in the middle of a backup ends it, and leaves nothing half done that looks like one', async (t) => {
  const { open, backups, grow } = await house(t);
  const { store, backupIfDue } = await open(7);
  grow();
  const making = backupIfDue(now);
  await store.close();
  await making;
  const names = await readdir(backups).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.db'))) {
    using copy = new DatabaseSync(join(backups, name), { readOnly: true });
    assert.equal(copy.prepare('PRAGMA quick_check').get()?.quick_check, 'ok');
  }
  assert.equal(await backupIfDue(now + 9 * day), undefined);
});

test('with none to keep, none is made; nor from memory', async (t) => {
  const { open, backups } = await house(t);
  const { backupIfDue } = await open(0);
  assert.equal(await backupIfDue(now), undefined);
  await assert.rejects(readdir(backups));
  const inMemory = await openStore({ path: ':memory:', backups: { directory: backups, keep: 7 }, ...parts });
  assert.equal(await inMemory.backupIfDue(now), undefined);
  await inMemory.store.close();
});

const parts = { clock: systemClock, log: silentLog };

async function house(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-backup-'));
  const backups = join(home, 'backups');
  const path = join(home, 'db', 'longhaul.db');
  const openings: OpenedStore[] = [];
  t.after(async () => {
    for (const { store } of openings) await store.close();
    await rm(home, { recursive: true });
  });
  const open = async (keep: number) => {
    const opened = await openStore({
      path,
      backups: { directory: backups, keep },
      ...parts,
    });
    openings.push(opened);
    return opened;
  };
  /** To a size that is copied in a thread of its own. */
  const grow = () => {
    using database = new DatabaseSync(path);
    database.exec('CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(2000000))');
  };
  return { open, backups, grow };
}
