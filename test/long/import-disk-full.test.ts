import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { importSchema } from '../../src/contract/schemas.ts';
import { ownPlace, run } from '../support/program.ts';
import { needsSmallVolume, smallVolume } from '../support/small-volume.ts';

const count = 3000;

test('a disk that is full in the middle of an import: one sentence, and the next import adds the rest', {
  ...needsSmallVolume(),
}, async () => {
  using volume = smallVolume(3);
  await using own = await ownPlace();
  const place = { ...own, home: volume.path };
  const downloads = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      n,
      { download_id: `id-${n}`, url: `http://127.0.0.1:9/${n}`, status: 'failed', error: 'x'.repeat(300) },
    ]),
  );
  const file = join(own.cwd, 'tracker');
  await writeFile(file, JSON.stringify({ downloads }));

  const full = await run(['import', file], place);
  assert.equal(full.code, 5, full.stderr);
  assert.equal(full.stdout, '');
  const said =
    /^\S+ the disk of the database is full \(\S+\): free some space, then try again; (\d+) downloads were imported before that, and importing again adds the rest\n$/.exec(
      full.stderr,
    );
  assert.ok(said, full.stderr);
  const before = Number(said[1]);
  assert.ok(before > 0 && before < count);

  volume.grow(64);
  const again = await run(['import', '--json', file], place);
  assert.equal(again.code, 0, again.stderr);
  const report = importSchema.parse(JSON.parse(again.stdout));
  assert.deepEqual([report.known, report.added.failed], [before, count - before]);
});
