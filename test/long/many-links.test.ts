import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownPlace, run } from '../support/program.ts';

test('ten thousand links of a file are added in one go', async () => {
  await using place = await ownPlace();
  const list = Array.from({ length: 10_000 }, (_, n) => `http://127.0.0.1:9/file-${n}\n`).join('');
  await writeFile(join(place.cwd, 'links.txt'), list);
  const end = await run(['add', '-i', 'links.txt', 'http://127.0.0.1:9/extra[1-3]'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.equal(end.stdout.split('\n').length, 10_004);
  const history = await run(['history', '--json'], place);
  assert.partialDeepStrictEqual(JSON.parse(history.stdout.split('\n')[0] ?? ''), { statistics: { total: 10_003 } });
});
