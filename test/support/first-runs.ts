import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { newUser, start } from './machine.ts';
import { needs } from './needs.ts';

const repository = resolve(import.meta.dirname, '../..');

/** A clone of this repository's last commit in `folder`; returns its path. */
export function cloned(folder: string, name: string): string {
  const place = join(folder, name);
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository}`, place]);
  return place;
}

/**
 * Tests of the first runs in a fresh clone, of a user whose home is `home` in `folder` and who has this Node, npm, and
 * nothing else. `orphan`: whether an npm whose starter was killed lives on, and does all its work for nobody.
 */
export function firstRuns(folder: string, home: string, node: string, orphan: 'lives on' | 'ends too'): void {
  const env = newUser(home, node);
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

  describe('a fresh clone', needs('git'), () => {
    const clone = cloned(folder, 'a clone');

    test('the work of a first run is killed in the middle: nothing half done stands under its name', async () => {
      const killed = start('./longhaul', ['--version'], { cwd: clone, env });
      await until(() => globSync('.cache/staging-*/node_modules/*', { cwd: clone }).length > 0);
      const [worker] = readFileSync(join(clone, '.cache', 'setup.lock'), 'utf8').split(' ');
      const children = readFileSync(`/proc/${worker}/task/${worker}/children`, 'utf8').split(' ').filter(Boolean);
      process.kill(Number(worker), 'SIGKILL');
      if (orphan === 'ends too') for (const child of children) process.kill(Number(child), 'SIGKILL');
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
}

/** Polls what another process leaves on the disk. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await pause(20);
}
