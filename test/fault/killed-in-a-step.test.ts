import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../support/step-process.ts', import.meta.url));

/** Resolves when the text stands in the file; rejects when the process ends before. */
async function untilSaid(folder: string, text: string, child: ChildProcess): Promise<void> {
  const said = Promise.withResolvers<void>();
  const look = async () => {
    if ((await readFile(join(folder, 'journal'), 'utf8').catch(() => '')).includes(text)) said.resolve();
  };
  const watcher = watch(folder, () => void look());
  child.once('exit', (code) => said.reject(new Error(`it ended with ${code} before it said: ${text}`)));
  await look();
  await said.promise.finally(() => watcher.close());
}

test('killed anywhere in a step it goes on there: nothing is downloaded again, and the result is there once', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-step-'));
  context.after(() => rm(folder, { recursive: true }));
  const start = () => spawn(process.execPath, [program, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const moment of ['before', 'after', 'made']) {
    const hold = join(folder, `journal.hold-${moment}`);
    await writeFile(hold, '');
    const child = start();
    await untilSaid(folder, `held ${moment}`, child);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await rm(hold);
  }
  const [code] = await once(start(), 'exit');
  assert.equal(code, 0);
  const lines = (await readFile(join(folder, 'journal'), 'utf8')).trim().split('\n');
  assert.deepEqual(lines, [
    'resolve',
    ...['run null file.bin', 'held before'],
    ...['run null file.bin', 'held after'],
    ...['run {"begun":true} file.bin', 'held made'],
    ...['run {"begun":true} file.bin', 'done'],
  ]);
  assert.deepEqual((await readdir(join(folder, 'downloads'))).toSorted(), ['file.bin', 'file.bin.txt']);
});
