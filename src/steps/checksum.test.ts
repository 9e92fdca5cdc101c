import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { stepBench } from '../../test/support/step-run.ts';
import { defaults } from '../config/defaults.ts';
import { realDisk } from '../disk/real-disk.ts';
import { checksumKind, checksumLine } from './checksum.ts';

const kind = checksumKind({ config: defaults as never, disk: realDisk });

test('the list is read by sha256sum -c, also with names that need escaping, and a flipped byte is found', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-checksum-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'sub'));
  await mkdir(join(folder, 'work'));
  const names = ['film.mkv', 'sub/a\\b\nc .srt'];
  const files = names.map((name, place) => ({ path: join(folder, name), size: 5, main: place === 0 }));
  for (const { path } of files) await writeFile(path, 'hello');
  for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5']) {
    const bench = stepBench();
    const result = await bench.run(kind.make(algorithm), { files, directory: folder, work: join(folder, 'work') });
    const list = result.files?.at(-1);
    assert.equal(list?.path, join(folder, 'work', `film.mkv.${algorithm}`));
    assert.deepEqual(result.files?.slice(0, 2), files);
    await rename(list.path, join(folder, `list.${algorithm}`));
    const check = () =>
      execFileSync(`${algorithm}sum`, ['-c', '--strict', `list.${algorithm}`], { cwd: folder, stdio: 'pipe' });
    check();
    assert.deepEqual(bench.progress.at(-1), { current: 10, total: 10, unit: 'bytes' });
    await writeFile(join(folder, 'film.mkv'), 'hellO');
    assert.throws(check);
    await writeFile(join(folder, 'film.mkv'), 'hello');
  }
});

test('every name makes one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const line = checksumLine('00', name);
      assert.match(line.slice(0, -1), /^\\?00 {2}[^\r\n]*$/u);
      assert.ok(line.endsWith('\n'));
    }),
  );
});

test('an unknown kind of checksum is refused with those there are', () => {
  assert.throws(() => kind.make('crc32'), /there are sha256, sha512, sha1, md5/);
});
