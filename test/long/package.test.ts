import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { newUser, oldestNode, start } from '../support/machine.ts';

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'longhaul package '));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

test('the installed package brings a Node of its own under an old one, once, and runs under it', async () => {
  const home = join(folder, 'home');
  const prefix = join(folder, 'prefix');
  mkdirSync(home);
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: repository, env: newUser(home, process.execPath), encoding: 'utf8' });
  npm('pack', '--silent', `--pack-destination=${folder}`);
  const [tarball = ''] = globSync('*.tgz', { cwd: folder });
  npm('install', '--silent', '--offline', '--global', `--prefix=${prefix}`, join(folder, tarball));
  const env = newUser(home, oldestNode());
  const version = () => start(join(prefix, 'bin', 'longhaul'), ['--version'], { cwd: folder, env }).finished;
  const first = await version();
  assert.equal(first.code, 0, first.stderr);
  if (oldestNode() !== process.execPath) {
    assert.match(first.stderr, /^longhaul: Once only: bringing Node 24\.\d+\.\d+ \(this machine has [\d.]+\); .*\n$/);
    assert.equal(globSync('.cache/longhaul/runtime-*/node_modules', { cwd: home }).length, 1);
  }
  const again = await version();
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, first.stdout, '']);
});
