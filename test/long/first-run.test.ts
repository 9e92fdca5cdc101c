import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cloned, firstRuns, rebuilds } from '../support/first-runs.ts';
import { newUser, oldestNode, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { askedUntil } from '../support/tells.ts';

/** The first runs of a user who has a Node, old or new, npm, and nothing else. */

const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);
const env = newUser(home, oldestNode());

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

describe('a fresh clone', needs('git'), () => {
  const clone = cloned(folder, 'a clone');

  test('the work of a first run is killed in the middle: nothing half done stands under its name', async () => {
    const killed = start('./longhaul', ['--version'], { cwd: clone, env });
    await askedUntil(async () => globSync('.cache/staging-*/node_modules/*', { cwd: clone }).length > 0 || undefined);
    const [worker] = readFileSync(join(clone, '.cache', 'setup.lock'), 'utf8').split(' ');
    process.kill(Number(worker), 'SIGKILL');
    assert.notEqual((await killed.finished).code, 0);
    for (const made of ['dist', 'node_modules', 'runtime/node_modules'])
      assert.ok(!existsSync(join(clone, made)), made);
  });

  firstRuns(clone, folder, home, env);
  rebuilds(clone, env);
});

describe('a fresh clone under a new Node', needs('git'), () => {
  const own = join(folder, 'new');
  mkdirSync(own);
  const newer = newUser(home, process.execPath);
  const clone = cloned(own, 'a clone');
  firstRuns(clone, own, home, newer);
  rebuilds(clone, newer);
});

test('without a network a first run says so in one sentence', needs('git'), async () => {
  const clone = cloned(folder, 'offline');
  const offline = { ...env, npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: join(folder, 'no cache') };
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: offline }).finished;
  const lines = end.stderr.trim().split('\n');
  assert.deepEqual([end.code, end.stdout, lines.length], [1, '', 2], end.stderr);
  assert.match(lines[1] ?? '', /^longhaul: The npm registry cannot be reached\b.*; .* run the same command again\.$/);
});
