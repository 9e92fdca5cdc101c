import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNginx } from '../support/nginx.ts';
import { peakMemory } from '../support/peak-memory.ts';
import { longhaul, ownPlace, run } from '../support/program.ts';

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

test('six thousand small files are fetched in memory that does not grow with their number, up to the end', async (t) => {
  const count = 6000;
  const nginx = await startNginx();
  await using at = await ownPlace();
  try {
    for (let n = 0; n < count; n += 1) await writeFile(join(nginx.root, `${n}.bin`), Buffer.alloc(1024, n));
    const list = Array.from({ length: count }, (_, n) => `${nginx.url}/${n}.bin\n`).join('');
    await writeFile(join(at.cwd, 'links.txt'), list);
    await mkdir(join(at.cwd, 'out'));
    // As ./longhaul starts Node.
    const env = { LONGHAUL_QUEUE_SLOTS: '16', NODE_OPTIONS: '--max-semi-space-size=2' };
    const program = longhaul(['get', '-i', 'links.txt', '-d', 'out'], { ...at, env });
    const peak = peakMemory(program);
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    assert.equal((await readdir(join(at.cwd, 'out'))).length, count);
    t.diagnostic(`${Math.round((await peak) / 2 ** 20)} MiB`);
    assert.ok((await peak) < 240 * 2 ** 20, `${await peak} bytes of memory`);
  } finally {
    await nginx.stop();
  }
});
