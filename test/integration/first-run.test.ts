import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cloned, firstRuns } from '../support/first-runs.ts';
import { newUser, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/**
 * Fresh clones of this repository's last commit. How a Node is brought where the machine's is too old, is in
 * `package.test.ts`, and with all of this in `test/long`.
 */

const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);
const env = newUser(home, process.execPath);

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

firstRuns(folder, home, process.execPath, 'ends too');

test('without a network a first run says so in one sentence', needs('git'), async () => {
  const clone = cloned(folder, 'offline');
  const offline = { ...env, npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: join(folder, 'no cache') };
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: offline }).finished;
  const lines = end.stderr.trim().split('\n');
  assert.deepEqual([end.code, end.stdout, lines.length], [1, '', 2], end.stderr);
  assert.match(lines[1] ?? '', /^longhaul: The npm registry cannot be reached\b.*; .* run the same command again\.$/);
});

test('without Node a first run says what to install', needs('git'), async () => {
  const clone = cloned(folder, 'no node');
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  for (const program of ['sh', 'find', 'readlink']) symlinkSync(`/usr/bin/${program}`, join(bare, program));
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: { ...env, PATH: bare } }).finished;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /^longhaul: Node\.js is not on the PATH; install Node\.js .*\n$/);
});
