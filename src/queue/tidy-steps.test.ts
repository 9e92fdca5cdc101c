import assert from 'node:assert/strict';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { hour, tidyStage } from '../../test/support/tidy-stage.ts';
import { Failure } from '../downloads/failure.ts';
import { workFolder } from '../steps/work-folder.ts';

test('the work of steps goes with the download that it was for, and nothing else does', async () => {
  await using stage = await tidyStage();
  const { store, clock, folder } = stage;
  const done = await store.get(await stage.deliver('done.mkv', 'content'));
  const { download } = await stage.begin('open.mkv', 'half');
  const failed = await stage.begin('failed.mkv', 'half');
  const delivered = { integrity: 'length', downloadPath: join(folder, 'failed.mkv'), fileSize: 4 } as const;
  await store.change(failed.lease, { to: 'processing', ...delivered }, clock.now());
  await store.change(failed.lease, { to: 'failed', error: { class: 'network', message: 'reset' } }, clock.now());
  const uids = [done?.uid ?? '', download.uid, failed.download.uid, '0197a000-0000-7000-8000-000000000007'];
  const places = uids.map((uid, step) => workFolder({ directory: folder, uid }, step));
  const longAgo = (clock.now() - hour) / 1000;
  for (const place of [...places, join(folder, '.longhaul-mine')]) {
    await mkdir(join(place, 'deep'), { recursive: true });
    await writeFile(join(place, 'deep', 'a'), 'x');
    await utimes(place, longAgo, longAgo);
  }
  const actions = await stage.tidy();
  assert.deepEqual(
    actions.map((action) => ('path' in action ? action.path : action.kind)),
    places.slice(0, 1),
  );
  const left = (await stage.names()).filter((name) => name.startsWith('.longhaul-'));
  assert.deepEqual(
    left.toSorted(),
    [...places.slice(1).map((place) => place.slice(dirname(place).length + 1)), '.longhaul-mine'].toSorted(),
  );
  const [abandoned] = await stage.tidy({ partialsAfter: hour / 2 }, { unknown: true });
  assert.partialDeepStrictEqual(abandoned, { kind: 'orphan', path: places[3], whose: 'unknown', kept: false });
});

test('what steps began elsewhere is given up when their download was cancelled, or failed long ago; what cannot be is tried again', async () => {
  await using stage = await tidyStage();
  const { store, clock, folder } = stage;
  const path = join(folder, 'film.mkv');
  await writeFile(path, 'film');
  const begin = async () => {
    const here = { path, size: 4, identity: '1:1', modifiedAt: 1 };
    const asked = {
      source: 'local',
      link: 'file:///film.mkv',
      linkKey: `local:${path}`,
      directory: folder,
      metadata: {},
    };
    const options = { steps: ['upload=nas'] };
    const { download } = await store.add({ ...asked, options, runner: null, here, ifExists: 'new' }, clock.now());
    const claim = await store.claim(download.id, 'me', clock.now() + hour, clock.now());
    if (!claim) throw new Error('it could not be claimed');
    await store.beginStep(claim.lease, 0, clock.now());
    await store.markStep(claim.lease, 0, { of: download.id }, clock.now());
    return claim;
  };
  const [cancelled, failed, open] = [await begin(), await begin(), await begin()];
  await store.change(cancelled.lease, { to: 'cancelled' }, clock.now());
  await store.change(failed.lease, { to: 'failed', error: { class: 'network', message: 'reset' } }, clock.now());
  const asked: unknown[] = [];
  let isAway = true;
  const giveUpStep = async (_: unknown, mark: unknown) => {
    asked.push(mark);
    if (isAway) throw new Failure('network', 'nas is away');
    return {};
  };
  const marks = async () => {
    const claims = [cancelled, failed, open];
    return Promise.all(claims.map(async ({ lease }) => (await store.steps(lease.id))[0]?.mark));
  };
  const before = await marks();
  await stage.tidy({}, {}, { giveUpStep });
  assert.deepEqual(asked, [], 'a moment ago somebody may be at it');
  await clock.advance(hour / 2);
  const away = 'what upload=nas has begun there stays there (nas is away)';
  const told = await stage.tidy({}, {}, { giveUpStep });
  assert.deepEqual(told, [{ kind: 'left elsewhere', id: cancelled.lease.id, message: away }]);
  assert.deepEqual([asked, await marks()], [[before[0]], before]);
  isAway = false;
  const gone = [{ kind: 'gave up elsewhere', id: cancelled.lease.id, step: 'upload=nas' }];
  const hasBegun = async () => true;
  assert.deepEqual(await stage.tidy({}, { dryRun: true }, { giveUpStep, hasBegun }), gone);
  assert.deepEqual([asked.length, await marks()], [1, before], 'a dry run asks nobody');
  assert.deepEqual(await stage.tidy({ partialsAfter: hour }, {}, { giveUpStep }), gone);
  assert.deepEqual(await marks(), [{}, before[1], before[2]]);
  await clock.advance(hour);
  await stage.tidy({ partialsAfter: hour }, {}, { giveUpStep });
  assert.deepEqual(await marks(), [{}, {}, before[2]]);
  const forgotten = await begin();
  await store.change(forgotten.lease, { to: 'failed', error: { class: 'network', message: 'reset' } }, clock.now());
  await clock.advance(2 * hour);
  asked.length = 0;
  await stage.tidy({ forgetFailedAfter: hour }, {}, { giveUpStep });
  assert.deepEqual([asked.at(-1), await store.get(forgotten.lease.id)], [{ of: forgotten.lease.id }, undefined]);
});
