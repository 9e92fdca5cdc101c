import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hour, type TidyStage, tidyStage } from '../../test/support/tidy-stage.ts';
import { realDisk } from '../disk/real-disk.ts';
import { Failure } from '../downloads/failure.ts';
import { silentLog } from '../log/log.ts';
import type { SeedRequest, Source } from '../sources/source.ts';
import { Seeder } from './seeder.ts';

interface Sending {
  readonly request: SeedRequest;
  uploaded: number;
  closed: boolean;
  fail(failure: Failure): void;
}

/** Sends nothing; the test says what was sent. */
function sender(): { readonly sendings: Sending[]; readonly source: Source } {
  const sendings: Sending[] = [];
  const source = {
    name: 'http',
    seed(request: SeedRequest) {
      const { promise: done, reject: fail } = Promise.withResolvers<never>();
      const sending: Sending = { request, uploaded: 0, closed: false, fail };
      sendings.push(sending);
      const progress = () => ({ uploaded: sending.uploaded, connections: 1 });
      const close = async () => {
        sending.closed = true;
      };
      return { done, progress, close };
    },
  };
  return { sendings, source: source as unknown as Source };
}

function seederOn(stage: TidyStage, source: Source, instance = 'me', isClosed = () => false): Seeder {
  const { store, clock } = stage;
  return new Seeder({
    ...{ store, clock, disk: realDisk, log: silentLog, instance, anyRunner: true },
    ...{ ttl: 30_000, heartbeat: 10_000, seesAll: true, isClosed, sourceNamed: () => source },
  });
}

const seedingOf = async ({ store }: TidyStage, id: number) => (await store.get(id))?.seeding;

/** Until the seeder, which works with a real disk, has come so far; the clock moves on when it is done with what it began. */
async function until({ clock }: TidyStage, seeder: Seeder, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200 && !(await isSo()); tries += 1) {
    await clock.advance(1000);
    await seeder.look();
  }
  assert.ok(await isSo());
}

test('it is seeded until its ratio, counted over a restart, and retention waits for that', async () => {
  await using stage = await tidyStage();
  const id = await stage.deliver('a', 'ten bytes.', { seed: '2' });
  const keep = { retention: { rules: { maxAge: hour / 2 }, categories: new Map() } };
  assert.deepEqual(
    (await stage.tidy(keep)).map(({ kind }) => kind),
    ['seeded'],
  );
  const { sendings, source } = sender();
  const first = seederOn(stage, source);
  await first.start();
  await until(stage, first, () => sendings.length === 1);
  assert.deepEqual(sendings[0]?.request.files, [{ position: 0, path: join(stage.folder, 'a'), size: 10 }]);
  if (sendings[0]) sendings[0].uploaded = 12;
  await until(stage, first, async () => (await seedingOf(stage, id))?.uploaded === 12);
  await first.stop();
  assert.deepEqual([sendings[0]?.closed, (await seedingOf(stage, id))?.lockedBy], [true, null]);
  const second = seederOn(stage, source, 'other');
  await second.start();
  await until(stage, second, () => sendings.length === 2);
  if (sendings[1]) sendings[1].uploaded = 7;
  await until(stage, second, async () => (await seedingOf(stage, id))?.uploaded === 19);
  assert.equal((await seedingOf(stage, id))?.state, 'on');
  if (sendings[1]) sendings[1].uploaded = 8;
  await until(stage, second, async () => (await seedingOf(stage, id))?.state === 'ended');
  assert.equal((await seedingOf(stage, id))?.message, 'it was sent 2.00 times, as asked for');
  assert.equal(sendings[1]?.closed, true);
  await second.stop();
  assert.deepEqual(
    (await stage.tidy(keep)).map(({ kind }) => kind),
    ['cleaned'],
  );
});

test('in hours in which nothing may run nothing is sent; then it goes on by itself', async () => {
  await using stage = await tidyStage();
  const id = await stage.deliver('a', 'ten bytes.', { seed: '2' });
  const { sendings, source } = sender();
  let isClosed = true;
  const seeder = seederOn(stage, source, 'me', () => isClosed);
  await seeder.start();
  for (let beats = 0; beats < 3; beats += 1) await until(stage, seeder, () => sendings.length === 0);
  isClosed = false;
  await until(stage, seeder, () => sendings.length === 1);
  if (sendings[0]) sendings[0].uploaded = 7;
  isClosed = true;
  await until(stage, seeder, () => sendings[0]?.closed === true);
  assert.partialDeepStrictEqual(await seedingOf(stage, id), { state: 'on', uploaded: 7, lockedBy: null });
  isClosed = false;
  await until(stage, seeder, () => sendings.length === 2);
  await seeder.stop();
});

test('after a sleep that was longer than its lease nothing is sent twice', async () => {
  await using stage = await tidyStage();
  await stage.deliver('a', 'ten bytes.', { seed: 'forever' });
  const { sendings, source } = sender();
  const seeder = seederOn(stage, source);
  await seeder.start();
  await until(stage, seeder, () => sendings.length === 1);
  stage.clock.setWall(stage.clock.now() + hour);
  await seeder.look();
  await until(stage, seeder, () => sendings.length === 2);
  assert.deepEqual(
    sendings.map(({ closed }) => closed),
    [true, false],
  );
  await seeder.stop();
});

test('a file that was changed or deleted ends the seeding with a sentence; one that may come back does not', async () => {
  await using stage = await tidyStage();
  const changed = await stage.deliver('changed', 'text', { seed: 'forever' });
  const gone = await stage.deliver('gone', 'text', { seed: 'forever' });
  const busy = await stage.deliver('busy', 'text', { seed: 'forever' });
  await writeFile(join(stage.folder, 'changed'), 'longer than it was');
  const { sendings, source } = sender();
  const seeder = seederOn(stage, source);
  await seeder.start();
  await until(stage, seeder, () => sendings.length === 2);
  assert.match(
    (await seedingOf(stage, changed))?.message ?? '',
    /changed was changed or replaced since it was delivered$/,
  );
  await rm(join(stage.folder, 'gone'));
  await until(stage, seeder, async () => (await seedingOf(stage, gone))?.state === 'ended');
  assert.match((await seedingOf(stage, gone))?.message ?? '', /gone was moved or deleted$/);
  sendings[1]?.fail(new Failure('network', 'the same torrent is being downloaded'));
  await until(stage, seeder, () => sendings[1]?.closed === true);
  assert.partialDeepStrictEqual(await seedingOf(stage, busy), { state: 'on', lockedBy: null });
  await until(stage, seeder, () => sendings.length === 3);
  await seeder.stop();
});

test('what a person pauses or removes is closed at once, and resumed it goes on', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const id = await stage.deliver('a', 'ten bytes.', { seed: 'forever' });
  const { sendings, source } = sender();
  const seeder = seederOn(stage, source);
  await seeder.start();
  await until(stage, seeder, () => sendings.length === 1);
  if (sendings[0]) sendings[0].uploaded = 5;
  await store.wish(id, { wish: 'pause' }, clock.now());
  await until(stage, seeder, async () => sendings[0]?.closed === true && (await seedingOf(stage, id))?.uploaded === 5);
  assert.equal((await seedingOf(stage, id))?.state, 'paused');
  await store.wish(id, { wish: 'resume' }, clock.now());
  await until(stage, seeder, () => sendings.length === 2);
  await store.wish(id, { wish: 'remove' }, clock.now());
  await until(stage, seeder, () => sendings[1]?.closed === true);
  await seeder.stop();
});
