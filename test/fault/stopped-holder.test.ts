import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, type Nginx, startNginx } from '../support/nginx.ts';
import { placeTells } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, type Program, run } from '../support/program.ts';

/** A lease that ends soon, so that no test waits for 30 s. */
const shortLease = {
  LONGHAUL_LEASE_TTL: '1s',
  LONGHAUL_LEASE_HEARTBEAT: '300ms',
  LONGHAUL_LEASE_SCAN: '200ms',
  LONGHAUL_CHECKPOINT_BYTES: '1',
};
/** Its main thread comes too late to stop the transfer thread. */
const slowToWake = {
  ...shortLease,
  NODE_OPTIONS: `--import ${new URL('../support/busy-after-stop.ts', import.meta.url).href}`,
};
const bytes = 3_500_000;

suite('a holder that was stopped for longer than its lease', { timeout: 60_000, concurrency: 3 }, () => {
  for (const connections of [1, 4]) {
    test(`leaves file and names as its successor made them, with ${connections} connections`, needs('nginx'), () =>
      onStage(`${2000 / connections}k`, async ({ place, link, digest }) => {
        const first = longhaul(['get', link, '--connections', String(connections)], { ...place, env: slowToWake });
        await checkpointed(place);
        stopWhole(first, place);
        const second = await run(['resume-downloads', '--json'], place);
        assert.equal(second.code, 0, second.stderr);
        const path = join(place.cwd, 'file.iso');
        assert.equal(await sha256(path), digest);
        const before = await stat(path);
        first.kill('SIGCONT');
        const end = await first.ended;
        const after = await stat(path);
        assert.deepEqual([after.ino, after.mtimeMs, after.size], [before.ino, before.mtimeMs, before.size]);
        assert.equal(await sha256(path), digest);
        assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file.iso', 'home']);
        assert.match(end.stderr, /file\.iso: was taken away from this process/);
        assert.equal(end.code, 0, 'what it waited for is there');
      }),
    );
  }

  test('leaves the partial to a successor that still writes', needs('nginx'), () =>
    onStage('1m', async ({ nginx, place, link, digest }) => {
      const first = longhaul(['get', link, '--connections', '1'], { ...place, env: slowToWake });
      await checkpointed(place);
      stopWhole(first, place);
      const second = longhaul(['resume-downloads'], place);
      await second.says('downloading');
      first.kill('SIGCONT');
      const [one, two] = await Promise.all([first.ended, second.ended]);
      assert.deepEqual([one.code, two.code], [0, 0], one.stderr + two.stderr);
      assert.match(one.stderr, /was taken away from this process/);
      assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
      assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file.iso', 'home']);
      assert.equal((await nginx.requests()).length, 2, 'the first one asked for nothing more');
    }),
  );
});

interface Stage {
  readonly nginx: Nginx;
  readonly place: Place;
  readonly link: string;
  readonly digest: string;
}

/** `limitRate`: of each connection. */
async function onStage(limitRate: string, play: (stage: Stage) => Promise<void>): Promise<void> {
  const nginx = await startNginx({ limitRate });
  await using own = await ownPlace();
  try {
    const digest = makeFile(join(nginx.root, 'file.iso'), bytes);
    await play({ nginx, place: { ...own, env: shortLease }, link: `${nginx.url}/file.iso`, digest });
  } finally {
    await nginx.stop();
  }
}

/** In no transaction, which would keep everybody else from the database: while this one waits for its turn no other has it. */
function stopWhole(process: Program, { home }: Place): void {
  using database = new DatabaseSync(databaseOf(home), { timeout: 10_000 });
  database.exec('BEGIN IMMEDIATE');
  process.kill('SIGSTOP');
  database.exec('ROLLBACK');
}

function databaseOf(home: string): string {
  return join(home, 'db', 'longhaul.db');
}

/** Resolves when bytes are recorded: then the successor goes on in the same file. */
async function checkpointed(place: Place): Promise<void> {
  await placeTells(place, async (store) => {
    const [row] = await store.list({ limit: 1 });
    if (row?.status === 'completed') throw new Error('it was completed before it could be stopped');
    return row && row.bytesDownloaded > 0 ? row : undefined;
  });
}
