import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cloned } from '../support/first-runs.ts';
import { newUser, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** A fresh clone of this repository's last commit, where nothing can be run. How first runs go is in `first-run.test.ts`. */

const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);
const env = newUser(home, process.execPath);

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

test('without Node a first run says what to install', needs('git'), async () => {
  const clone = cloned(folder, 'no node');
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  for (const program of ['sh', 'find', 'readlink']) symlinkSync(`/usr/bin/${program}`, join(bare, program));
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: { ...env, PATH: bare } }).finished;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /^longhaul: Node\.js is not on the PATH; install Node\.js .*\n$/);
});
