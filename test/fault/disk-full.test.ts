import assert from 'node:assert/strict';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { Download } from '../../src/downloads/download.ts';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { ask } from '../support/ask.ts';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, type Nginx, startNginx } from '../support/nginx.ts';
import { storeIn } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, type Program, run } from '../support/program.ts';
import { needsSmallVolume, smallVolume } from '../support/small-volume.ts';
import { storeTells } from '../support/tells.ts';

const MiB = 2 ** 20;
const needed = { ...needs('nginx'), ...needsSmallVolume() };
/** Looks for space every second, tells soon what has come, leases end soon, and a server's limit holds for a whole file. */
const quick = {
  LONGHAUL_HTTP_CONNECTIONS: '1',
  LONGHAUL_CHECKPOINT_BYTES: '64KB',
  LONGHAUL_SPACE_CHECK_EVERY: '1s',
  LONGHAUL_LEASE_TTL: '3s',
  LONGHAUL_LEASE_HEARTBEAT: '500ms',
  LONGHAUL_LEASE_SCAN: '300ms',
};

/** Waits until all rows are as wanted; tells what it saw last when that takes too long. */
async function until(store: Store, wanted: (rows: readonly Download[]) => boolean): Promise<Download[]> {
  let seen: readonly Download[] = [];
  const late = new AbortController();
  const tooLong = systemClock
    .sleep(60_000, late.signal)
    .then(() => assert.fail(`it stays so: ${JSON.stringify(seen)}`));
  tooLong.catch(() => {});
  const rows = storeTells(store, async () => {
    const now = await store.list({ limit: 10 });
    seen = now;
    return wanted(now) ? now : undefined;
  });
  return Promise.race([rows, tooLong]).finally(() => late.abort());
}

const waits = (row: Download) => row.status === 'retrying' && row.waitingFor === 'no_space';

interface Stage {
  readonly nginx: Nginx;
  readonly place: Place;
  /** The one in the place's home. */
  readonly store: Store;
  /** SHA-256 of each file. */
  readonly digests: ReadonlyMap<string, string>;
  /** Starts the program; it is ended with the stage. */
  start(args: readonly string[], place: Place): Program;
}

/** A server with these files, each of 6 MiB. */
async function onStage(
  names: readonly string[],
  limitRate: string,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const nginx = await startNginx({ limitRate });
  await using place = await ownPlace();
  const store = await storeIn(place);
  const programs: Program[] = [];
  try {
    const digests = new Map(names.map((name, n) => [name, makeFile(join(nginx.root, name), 6 * MiB + n)]));
    const start = (args: readonly string[], where: Place) => {
      const program = longhaul(args, where);
      programs.push(program);
      return program;
    };
    await play({ nginx, place: { ...place, env: quick }, store, digests, start });
  } finally {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ ended }) => ended));
    await store.close();
    await nginx.stop();
  }
}

/** Waits until each of them has been looked at again, and told to wait on. */
async function putOff(store: Store): Promise<void> {
  const moments = (await store.list({ limit: 10 })).map(({ nextAttemptAt }) => nextAttemptAt ?? 0);
  await until(store, (rows) => rows.every(({ nextAttemptAt }) => (nextAttemptAt ?? 0) > Math.max(...moments)));
}

describe('a disk that is full, read-only or gone', { concurrency: 3 }, () => {
  test(
    'on a volume of 16 MiB, four downloads of 6 MiB wait for space and go on by themselves, and nothing is lost',
    needed,
    async () => {
      using volume = smallVolume(16);
      await onStage(['a.bin', 'b.bin', 'c.bin', 'd.bin'], '1m', async ({ nginx, place, store, digests, start }) => {
        const folder = join(volume.path, 'in');
        await mkdir(folder);
        const links = [...digests.keys()].map((name) => `${nginx.url}/${name}`);
        const get = start(['get', ...links, '-d', folder], place);
        // Two fit beside each other; the others are refused before their first byte.
        await until(
          store,
          (rows) => rows.filter(waits).length === 2 && rows.filter((row) => row.bytesDownloaded > MiB / 2).length === 2,
        );
        volume.fill();
        const full = await until(store, (rows) => rows.length === 4 && rows.every(waits));
        for (const { errorClass, errorMessage } of full) {
          assert.equal(errorClass, 'no_space');
          assert.match(errorMessage ?? '', /goes on by itself/);
        }
        const kept = full.filter(({ bytesDownloaded }) => bytesDownloaded > 0);
        assert.equal(kept.length, 2, 'what was fetched is kept');

        // It is looked at every second, and nothing is tried in vain meanwhile.
        const requests = (await nginx.requests()).length;
        await putOff(store);
        await putOff(store);
        const still = await store.list({ limit: 10 });
        assert.deepEqual(
          still.map(({ leaseToken }) => leaseToken),
          full.map(({ leaseToken }) => leaseToken),
        );
        assert.equal((await nginx.requests()).length, requests);

        volume.empty();
        const two = await until(store, (rows) => rows.filter(({ status }) => status === 'completed').length === 2);
        const others = two.filter(({ status }) => status !== 'completed');
        assert.ok(others.every(waits), 'for the others there is still no space');
        assert.deepEqual(
          others.filter(({ id }) => kept.some((one) => one.id === id)),
          [],
          'what has begun goes first',
        );
        for (const { downloadPath } of two.filter(({ status }) => status === 'completed')) {
          assert.equal(await sha256(downloadPath ?? ''), digests.get(basename(downloadPath ?? '')));
          await rm(downloadPath ?? '');
        }
        assert.equal((await get.ended).code, 0, get.stderr);
        for (const { name } of others) assert.equal(await sha256(join(folder, name ?? '')), digests.get(name ?? ''));
        const sent = (await nginx.requests()).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
        // Four connections were closed early, each with about a second of bytes on its way.
        assert.ok(sent < 4 * 6 * MiB + 4 * 1.5 * MiB, `${sent} bytes were sent for ${4 * 6 * MiB}`);
      });
    },
  );

  test(
    'two downloads that do not fit together are fetched one after the other, also by two processes',
    needed,
    async () => {
      using volume = smallVolume(10);
      await onStage(['a.bin', 'b.bin'], '4m', async ({ nginx, place, store, digests, start }) => {
        // Slow until the other has been seen to wait: how long that takes depends on the machine.
        const first = start(['get', `${nginx.url}/a.bin`, '-d', volume.path, '--limit-rate', '100k'], place);
        await first.says('downloading');
        await until(store, (rows) => rows.some(({ bytesDownloaded }) => bytesDownloaded > 0));
        const second = start(['get', `${nginx.url}/b.bin`, '-d', volume.path], place);
        const rows = await until(store, (now) => now.some(waits));
        assert.equal(rows.find(waits)?.bytesDownloaded, 0, 'it has not begun');
        assert.match(rows.find(waits)?.errorMessage ?? '', /others that run there need/);
        await ask(['limit', '1', 'off'], place);
        assert.equal((await first.ended).code, 0);
        assert.equal(await sha256(join(volume.path, 'a.bin')), digests.get('a.bin'));
        await rm(join(volume.path, 'a.bin'));
        assert.equal((await second.ended).code, 0);
        assert.equal(await sha256(join(volume.path, 'b.bin')), digests.get('b.bin'));
      });
    },
  );

  test(
    'a full disk of the database: downloads stop and go on, nothing is lost, nothing breaks down',
    needed,
    async () => {
      using volume = smallVolume(16);
      await onStage(['a.bin', 'b.bin'], '1m', async ({ nginx, place, digests, start }) => {
        const home = { ...place, home: join(volume.path, 'home') };
        const links = [...digests.keys()].map((name) => `${nginx.url}/${name}`);
        const store = await storeIn(home);
        const get = start(['get', ...links], home);
        await until(store, (rows) => rows.length === 2 && rows.every((row) => row.bytesDownloaded > MiB / 2));
        volume.fill();
        // Their leases cannot be renewed any more.
        await nginx.ended(2);
        assert.ok((await nginx.requests()).every(({ bytesSent }) => bytesSent < 6 * MiB));
        assert.equal(get.child.exitCode, null, get.stderr);
        assert.equal((await store.list({ limit: 10 })).length, 2, 'what was accepted is still known');
        await store.close();
        volume.empty();
        assert.equal((await get.ended).code, 0, get.stderr);
        for (const [name, digest] of digests) assert.equal(await sha256(join(place.cwd, name)), digest);
        assert.deepEqual((await readdir(place.cwd)).toSorted(), ['a.bin', 'b.bin', 'home']);
      });
    },
  );

  test('a read-only folder fails in one sentence, and a retry delivers once it can be written', needed, async () => {
    using volume = smallVolume(16);
    await onStage(['a.bin'], '50m', async ({ nginx, place, store, digests }) => {
      volume.readOnly(true);
      const failed = await run(['get', `${nginx.url}/a.bin`, '-d', volume.path], place);
      assert.notEqual(failed.code, 0);
      assert.match(failed.stderr, /is on a read-only disk; choose another folder with -d/);
      volume.readOnly(false);
      const [row] = await store.list({ limit: 1 });
      assert.equal(row?.status, 'failed');
      await ask(['retry', '1'], place);
      assert.equal((await run(['resume-downloads'], place)).code, 0);
      assert.equal(await sha256(join(volume.path, 'a.bin')), digests.get('a.bin'));
    });
  });

  test('a folder that vanishes in the middle is said, and a retry makes it anew and delivers', needs('nginx'), () =>
    onStage(['a.bin'], '50m', async ({ nginx, place, store, digests, start }) => {
      const folder = join(place.cwd, 'in');
      // Slow until the folder has gone: how long that takes depends on the machine.
      const get = start(['get', `${nginx.url}/a.bin`, '-d', folder, '--limit-rate', '1m'], place);
      await until(store, (rows) => rows.some(({ bytesDownloaded }) => bytesDownloaded > 0));
      await rm(folder, { recursive: true });
      assert.notEqual((await get.ended).code, 0);
      const [row] = await store.list({ limit: 1 });
      assert.partialDeepStrictEqual(row, { status: 'failed', errorClass: 'disk' });
      assert.match(row?.errorMessage ?? '', /is gone; longhaul retry starts it over/);
      await ask(['retry', '1'], place);
      assert.equal((await run(['resume-downloads'], place)).code, 0);
      assert.deepEqual(await readdir(folder), ['a.bin']);
      assert.equal(await sha256(join(folder, 'a.bin')), digests.get('a.bin'));
    }),
  );
});
