import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { standInMega } from '../../test/support/stand-in-mega.ts';
import { defaults } from '../config/defaults.ts';
import type { Disk } from '../disk/disk.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { silentLog } from '../log/log.ts';
import { createMegacmdSource } from '../sources/megacmd/megacmd-source.ts';
import { openStore } from '../store/open.ts';
import { systemClock } from '../time/clock.ts';
import type { EngineParts } from './parts.ts';
import { createRun } from './run.ts';
import { runDownload } from './run-download.ts';
import { createVolumes } from './volumes.ts';

const root = await mkdtemp(join(tmpdir(), 'longhaul-found-'));
const mega = standInMega(root);
after(() => rm(root, { recursive: true, force: true }));

/** One download of a folder of two files; `disk` for each of its runs in turn. */
async function runs(name: string, disks: readonly Partial<Disk>[], options: DownloadOptions = {}) {
  const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
  const directory = join(root, name);
  mega.script({ files: { 'F/a': 'a', 'F/b': 'bb' } });
  const link = `https://mega.nz/folder/AbCd1234#${'k'.repeat(22)}`;
  const asked = {
    source: 'megacmd',
    link,
    linkKey: name,
    directory,
    options: { retryWait: 0, ...options },
    metadata: {},
  };
  const { download } = await store.add({ ...asked, runner: null, ifExists: 'new' }, Date.now());
  for (const changed of disks) {
    const disk = { ...realDisk, ...changed };
    const config = { mega: { ...defaults.mega, program: mega.program } };
    const source = createMegacmdSource({ config, clock: systemClock, disk });
    const parts: EngineParts = {
      store,
      sourceNamed: () => source,
      makeStep: () => Promise.reject(new Failure('link', 'there are no steps')),
      disk,
      volumes: createVolumes({ disk, store, clock: systemClock, instance: 'me', headroom: 0 }),
      clock: systemClock,
      log: silentLog,
      instance: 'me',
      random: () => 0,
      policy: {
        retry: { maxTries: 3, firstWait: 0, longestWait: 0, spaceWait: 30_000 },
        checkpoint: { bytes: 10_000_000, interval: 30_000 },
        shortFile: 0,
      },
    };
    const claim = await store.claim(download.id, 'me', Date.now() + 30_000, Date.now());
    assert.ok(claim);
    await runDownload(createRun(claim, parts));
  }
  const row = await store.get(download.id);
  const names = (await readdir(directory, { recursive: true })).toSorted();
  await store.close();
  return { row, names, directory };
}

const trouble = () => Promise.reject(new Failure('network', 'the power went'));

test('what was found is not fetched again when a run dies before it has published everything', async () => {
  const before = mega.calls().length;
  let links = 0;
  const link: Disk['link'] = (from, to) => (links++ === 1 ? trouble() : realDisk.link(from, to));
  const { row, names, directory } = await runs('published', [{ link }, {}]);
  assert.equal(row?.status, 'completed', row?.errorMessage ?? '');
  assert.deepEqual(names, ['F', 'F/a', 'F/b']);
  assert.equal(await readFile(join(directory, 'F/b'), 'utf8'), 'bb');
  assert.equal(mega.calls().length, before + 1);
});

test('before all that was found is recorded everything begins anew, and nothing is left of the first run', async () => {
  const before = mega.calls().length;
  let renames = 0;
  const rename: Disk['rename'] = (from, to) =>
    to.endsWith('b.part') && renames++ === 0 ? trouble() : realDisk.rename(from, to);
  const { row, names } = await runs('begun', [{ rename }, {}]);
  assert.equal(row?.status, 'completed', row?.errorMessage ?? '');
  assert.deepEqual(names, ['F', 'F/a', 'F/b']);
  assert.equal(mega.calls().length, before + 2);
});

test('of what was found only what is selected is kept', async () => {
  const { row, names } = await runs('selected', [{}], { select: ['b'] });
  assert.equal(row?.status, 'completed', row?.errorMessage ?? '');
  assert.deepEqual(names, ['F', 'F/b']);
  assert.deepEqual([row?.fileSize, row?.totalBytes], [2, 2]);
});
