import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { newUser, oldestNode, start } from '../support/machine.ts';

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'longhaul package '));
const home = join(folder, 'home');
const prefix = join(folder, 'prefix');
const installed = join(prefix, 'lib', 'node_modules', 'longhaul');
const program = join(prefix, 'bin', 'longhaul');

before(() => {
  mkdirSync(home);
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: repository, env: newUser(home, process.execPath), encoding: 'utf8' });
  npm('pack', '--silent', `--pack-destination=${folder}`);
  const [tarball = ''] = globSync('*.tgz', { cwd: folder });
  npm('install', '--silent', '--offline', '--global', `--prefix=${prefix}`, join(folder, tarball));
});

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

test('the installed package brings a Node of its own under an old one, once, and runs under it', async () => {
  const env = newUser(home, oldestNode());
  const version = () => start(program, ['--version'], { cwd: folder, env }).finished;
  const first = await version();
  assert.equal(first.code, 0, first.stderr);
  if (oldestNode() !== process.execPath) {
    assert.match(first.stderr, /^longhaul: Once only: bringing Node 24\.\d+\.\d+ \(this machine has [\d.]+\); .*\n$/);
    assert.equal(globSync('.cache/longhaul/runtime-*/node_modules', { cwd: home }).length, 1);
  }
  const again = await version();
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, first.stdout, '']);
});

test('the installed package, without a network and with an old Node, says so in one sentence', {
  skip: noOldNode(),
}, async () => {
  const env = newUser(home, oldestNode());
  const bare = { XDG_CACHE_HOME: join(folder, 'other cache'), npm_config_cache: join(folder, 'empty') };
  const offline = { ...env, ...bare, npm_config_registry: 'http://127.0.0.1:9/' };
  const end = await start(program, ['--version'], { cwd: folder, env: offline }).finished;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /\nlonghaul: The npm registry cannot be reached or lacks node-\S+; .*\n$/);
});

test('the installed package carries types that a compiler believes', async () => {
  assert.ok(existsSync(join(installed, 'dist', 'types')));
  const consumer = join(folder, 'consumer');
  mkdirSync(join(consumer, 'node_modules'), { recursive: true });
  symlinkSync(installed, join(consumer, 'node_modules', 'longhaul'));
  writeFileSync(join(consumer, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(consumer, 'use.ts'),
    `import { openLonghaul, type Download } from 'longhaul';
    const longhaul = await openLonghaul();
    const downloads: readonly Download[] = await longhaul.list({});
    longhaul.onEvent(({ uid }) => uid.length);
    const wrong: number = downloads[0]?.link;`,
  );
  const tsc = join(repository, 'node_modules', '.bin', 'tsc');
  const args = [
    tsc,
    '--noEmit',
    '--singleThreaded',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    'use.ts',
  ];
  const end = await start(process.execPath, args, { cwd: consumer, env: newUser(home, process.execPath) }).finished;
  const errors = end.stdout
    .trim()
    .split('\n')
    .filter((line) => /error TS/.test(line));
  assert.deepEqual(
    errors.map((line) => line.replace(/: error.*/, '')),
    ['use.ts(5,11)'],
    end.stdout,
  );
});

function noOldNode(): string | false {
  return oldestNode() === process.execPath ? 'this machine has no old Node' : false;
}
