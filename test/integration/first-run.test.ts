import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { newUser, oldestNode, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Fresh clones of this repository's last commit, run by a user who has an old Node, npm, and nothing else. */

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);
const env = newUser(home, oldestNode());
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

describe('a fresh clone', needs('git'), () => {
  const clone = cloned('a clone');

  test('the work of a first run is killed in the middle: nothing half done stands under its name', async () => {
    const killed = start('./longhaul', ['--version'], { cwd: clone, env });
    await until(() => globSync('.cache/staging-*/node_modules/*', { cwd: clone }).length > 0);
    const [worker] = readFileSync(join(clone, '.cache', 'setup.lock'), 'utf8').split(' ');
    process.kill(Number(worker), 'SIGKILL');
    assert.notEqual((await killed.finished).code, 0);
    for (const made of ['dist', 'node_modules', 'runtime/node_modules'])
      assert.ok(!existsSync(join(clone, made)), made);
  });

  test('the next two runs come at once: one prepares and says so in one line, the other waits, both run', async () => {
    const link = join(folder, 'longhaul');
    symlinkSync(join(clone, 'longhaul'), link);
    const runs = [
      start(join(clone, 'longhaul'), ['--version'], { cwd: clone, env }),
      start(link, ['--version'], { cwd: '/', env }),
    ];
    const ends = await Promise.all(runs.map(({ finished }) => finished));
    for (const end of ends) assert.deepEqual([end.code, end.stdout], [0, `${version}\n`], end.stderr);
    const lines = ends.flatMap(({ stderr }) => stderr.split('\n').filter(Boolean)).sort();
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[0] ?? '', /^longhaul: Another first run is at work here \(process \d+\)/);
    assert.match(lines[1] ?? '', /^longhaul: Once only: .*installing the locked dependencies/);
    assert.ok(!existsSync(join(clone, '.cache', 'setup.lock')));
  });

  test('later runs say nothing, from any folder, without HOME', async () => {
    const { HOME: _, ...homeless } = env;
    const end = await start(join(folder, 'longhaul'), ['--version'], { cwd: home, env: homeless }).finished;
    assert.deepEqual([end.code, end.stdout, end.stderr], [0, `${version}\n`, '']);
  });

  test('a changed source is built again, silently', async () => {
    const manifest = join(clone, 'package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(`"version": "${version}"`, '"version": "9.9.9"'));
    const end = await start('./longhaul', ['--version'], { cwd: clone, env }).finished;
    assert.deepEqual([end.code, end.stdout, end.stderr], [0, '9.9.9\n', '']);
  });
});

test('without a network a first run says so in one sentence', needs('git'), async () => {
  const clone = cloned('offline');
  const offline = { ...env, npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: join(folder, 'no cache') };
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: offline }).finished;
  const lines = end.stderr.trim().split('\n');
  assert.deepEqual([end.code, end.stdout, lines.length], [1, '', 2], end.stderr);
  assert.match(lines[1] ?? '', /^longhaul: The npm registry cannot be reached\b.*; .* run the same command again\.$/);
});

test('without Node a first run says what to install', needs('git'), async () => {
  const clone = cloned('no node');
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  for (const program of ['sh', 'find', 'readlink']) symlinkSync(`/usr/bin/${program}`, join(bare, program));
  const end = await start('./longhaul', ['--version'], { cwd: clone, env: { ...env, PATH: bare } }).finished;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /^longhaul: Node\.js is not on the PATH; install Node\.js .*\n$/);
});

function cloned(name: string): string {
  const place = join(folder, name);
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository}`, place]);
  return place;
}

/** Polls what another process leaves on the disk. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await pause(20);
}
