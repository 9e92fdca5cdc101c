import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { start } from './machine.ts';

const repository = resolve(import.meta.dirname, '../..');

/** A clone of this repository's last commit in `folder`; returns its path. */
export function cloned(folder: string, name: string): string {
  const place = join(folder, name);
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository}`, place]);
  return place;
}

/** Tests of the first runs in a clone, of a user whose home is `home` in `folder`; they stand on each other. */
export function firstRuns(clone: string, folder: string, home: string, env: Readonly<Record<string, string>>): void {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

  test('two first runs come at once: one prepares and says so in one line, the other waits, both run', async () => {
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
}

/** A test of a clone that has run before. */
export function rebuilds(clone: string, env: Readonly<Record<string, string>>): void {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

  test('a changed source is built again, silently', async () => {
    const manifest = join(clone, 'package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(`"version": "${version}"`, '"version": "9.9.9"'));
    const end = await start('./longhaul', ['--version'], { cwd: clone, env }).finished;
    assert.deepEqual([end.code, end.stdout, end.stderr], [0, '9.9.9\n', '']);
  });
}
