import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { oldestNode, start } from '../support/machine.ts';

/** The lock of first runs (bin/prepare.cjs), under the oldest Node that this machine has. */

const prepare = resolve(import.meta.dirname, '../../bin/prepare.cjs');
const node = oldestNode();
const deadPid = spawnSync(node, ['--version']).pid;

test('a lock whose owner died is taken over at once, by one of many that wait', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'setup.lock'), `${deadPid} 12345`);
    const total = join(folder, 'total');
    writeFileSync(total, '0');
    const addOne = `const fs = require('fs');
      for (let i = 0; i < 20; i++) require(${JSON.stringify(prepare)}).withLock(${JSON.stringify(folder)}, () => {
        fs.writeFileSync(${JSON.stringify(total)}, String(Number(fs.readFileSync(${JSON.stringify(total)}, 'utf8')) + 1));
      });`;
    const runs = Array.from({ length: 5 }, () => start(node, ['--eval', addOne], { cwd: folder, env: {} }));
    for (const end of await Promise.all(runs.map(({ finished }) => finished))) assert.equal(end.code, 0, end.stderr);
    assert.equal(readFileSync(total, 'utf8'), '100');
    assert.ok(!existsSync(join(folder, 'setup.lock')));
  });
});

test('a process that has the pid of a dead owner is not taken for it', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'setup.lock'), `${process.pid} 1`);
    const took = await lockOnce(folder);
    assert.deepEqual([took.code, took.stdout, took.stderr], [0, 'held', '']);
  });
});

test('a lock that was never finished is taken over', async () => {
  await inFolder(async (folder) => {
    const lock = join(folder, 'setup.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 0, 0);
    assert.equal((await lockOnce(folder)).stdout, 'held');
  });
});

test('what fails under the lock lets go of it', async () => {
  await inFolder(async (folder) => {
    const script = `require(${JSON.stringify(prepare)}).withLock(${JSON.stringify(folder)}, () => { throw 1; });`;
    assert.notEqual((await start(node, ['--eval', script], { cwd: folder, env: {} }).finished).code, 0);
    assert.ok(!existsSync(join(folder, 'setup.lock')));
  });
});

function lockOnce(folder: string) {
  const script = `require(${JSON.stringify(prepare)}).withLock(${JSON.stringify(folder)}, () => process.stdout.write('held'));`;
  return start(node, ['--eval', script], { cwd: folder, env: {} }).finished;
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-lock-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
