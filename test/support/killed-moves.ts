import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const content = Buffer.alloc(300_000, 'what is moved ');
const program = fileURLToPath(new URL('./move-process.ts', import.meta.url));

/**
 * Kills a process that moves a file before its operation `first`, then before each `stride`th further one, until one
 * comes to its end; after each kill the file must be whole in one of both places, and the next process must end the
 * move and leave nothing else. Answers how many were killed.
 */
export async function killMoves(way: 'same' | 'other', first: number, stride: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-killed-move-'));
  try {
    for (let killed = 0; ; killed += 1) {
      const place = join(folder, String(killed));
      const [file, root] = [join(place, 'in', 'Film.2001.1080p.mkv'), join(place, 'out')];
      const goal = join(root, 'Film (2001).mkv');
      await mkdir(join(place, 'in'), { recursive: true });
      await writeFile(file, content);
      const run = (operation: number) =>
        spawnSync(process.execPath, [program, file, root, join(place, 'mark'), way, String(operation)], {
          encoding: 'utf8',
          env: { ...process.env, SIZE: String(content.length) },
        });
      const ended = run(first + killed * stride);
      if (ended.signal === null) {
        assert.equal(ended.status, 0, ended.stderr);
        return killed;
      }
      const whole = await Promise.all([file, goal].map((path) => readFile(path).catch(() => undefined)));
      assert.ok(
        whole.some((bytes) => bytes?.equals(content)),
        `no whole file after kill ${killed}`,
      );
      const again = run(0);
      assert.equal(again.status, 0, `after kill ${killed}: ${again.stderr}`);
      assert.deepEqual(JSON.parse(again.stdout), [goal]);
      assert.deepEqual(await readFile(goal), content);
      assert.deepEqual([await readdir(join(place, 'in')), await readdir(root)], [[], ['Film (2001).mkv']]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
