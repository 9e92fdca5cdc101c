import assert from 'node:assert/strict';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { hour, tidyStage } from '../../test/support/tidy-stage.ts';
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
