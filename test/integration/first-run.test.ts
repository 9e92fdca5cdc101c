import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cloned, firstRuns } from '../support/first-runs.ts';
import { newUser, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/**
 * Fresh clones of this repository's last commit. How a first run is killed in the middle, has no network, or finds an
 * old Node, and that a changed source is built again, is in `test/long`.
 */

const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);
const env = newUser(home, process.execPath);

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

describe('a fresh clone', needs('git'), () => firstRuns(cloned(folder, 'a clone'), folder, home, env));

test('without Node a first run says what to install', needs('git'), async () => {
  const clone = cloned(folder, 'no node');
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  for (const program of ['sh', 'find', 'readlink']) symlinkSync(`/usr/bin/${program}`, join(bare, program));
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: { ...env, PATH: bare } }).finished;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /^longhaul: Node\.js is not on the PATH; install Node\.js .*\n$/);
});
