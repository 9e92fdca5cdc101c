import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sidecarsOf } from './recovery.ts';

/** A folder with a partial `NAME.part` for each name, and what `write` puts beside it. */
async function folderWith(names: readonly string[], write: (sidecar: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-recovery-'));
  for (const name of names) {
    await writeFile(join(folder, `${name}.part`), '');
    await write(join(folder, `${name}.part.json`));
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const text = JSON.stringify({
  version: 1,
  uid: '01a1fd58-d46d-71f5-b83b-7cffb3664a18',
  source: 'http',
  link: 'http://host/x',
  linkKey: 'http://host/x',
  name: 'x',
  directory: '/downloads',
  options: {},
  metadata: {},
  category: null,
  resumeToken: null,
  files: [{ position: 0, path: 'x', size: 5, main: true, partialPath: '/downloads/x.part' }],
  createdAt: 1,
});

test('a sidecar that this user wrote is read; a folder that is not there is passed over', async () => {
  await using place = await folderWith(['x'], (path) => writeFile(path, text, { mode: 0o600 }));
  const found = await sidecarsOf(['/nowhere/at/all', place.folder]);
  assert.deepEqual(
    found.map(({ link }) => link),
    ['http://host/x'],
  );
});

test('a sidecar that others may write to is not believed', async () => {
  await using place = await folderWith(['x'], async (path) => {
    await writeFile(path, text);
    await chmod(path, 0o666);
  });
  assert.deepEqual(await sidecarsOf([place.folder]), []);
});

test('a sidecar of another user is not believed', async () => {
  await using place = await folderWith(['x'], (path) => writeFile(path, text, { mode: 0o600 }));
  assert.deepEqual(await sidecarsOf([place.folder], 1 + (process.getuid?.() ?? 0)), []);
});

test('a link is not followed, and nobody waits for the other end of a named pipe', async () => {
  await using elsewhere = await folderWith(['x'], (path) => writeFile(path, text, { mode: 0o600 }));
  await using place = await folderWith(['link', 'pipe'], async (path) => {
    if (path.includes('link')) await symlink(join(elsewhere.folder, 'x.part.json'), path);
    else execFileSync('mkfifo', [path]);
  });
  assert.deepEqual(await sidecarsOf([place.folder]), []);
});
