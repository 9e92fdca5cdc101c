import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { realDisk } from '../../src/disk/real-disk.ts';
import { bytesIn } from '../../src/downloads/ranges.ts';
import { torrentsElsewhere } from '../../src/sources/qbittorrent/list.ts';
import {
  assertDelivered,
  aTorrent,
  clock,
  durableIn,
  refusedWith,
  server,
  stage,
  swarm,
  wanted,
} from '../support/qbittorrent-stage.ts';

test(
  'a torrent comes with what is wanted of it, held against its hashes, and leaves nothing in qBittorrent',
  wanted,
  async () => {
    const torrent = aTorrent();
    const on = await stage(torrent);
    const { transfer } = await on.fetch(['1', '2']);
    const { files } = await transfer.done;
    assert.deepEqual(
      files.map(({ position, size, integrity }) => [position, size, integrity]),
      [
        [0, 655_360, 'checksum'],
        [1, 5000, 'length'],
      ],
      'the last piece of the second file reaches into one that is not wanted',
    );
    assert.equal(durableIn(await transfer.flush()), 660_360);
    await transfer.close();
    await assertDelivered(on, torrent, [
      [0, 0, 655_360],
      [1, 655_360, 5000],
    ]);
    assert.equal((await stat(on.partial(0))).nlink, 1);
  },
);

test(
  'what was begun is found again and goes on, whoever was killed; closed it is stopped, given up it is gone',
  wanted,
  async () => {
    const torrent = aTorrent();
    swarm.stallAfter = 300_000;
    const on = await stage(torrent);
    const first = await on.fetch();
    await first.until(200_000);
    const durable = new Map((await first.transfer.flush()).map(({ position, ranges }) => [position, ranges]));
    assert.ok([...durable.values()].reduce((sum, ranges) => sum + bytesIn(ranges), 0) >= 100_000);
    await first.transfer.close();
    await first.transfer.close();
    assert.match((await server.states()).join(), /^(?:paused|stopped)DL$/);

    // Another one of the same download, as after a kill; qBittorrent is started anew under it.
    const second = await on.fetch(undefined, durable);
    await second.connects();
    await server.stop();
    await second.says(/waiting for it$/);
    swarm.stallAfter = 0;
    await server.start();
    await second.transfer.done;
    assert.ok(second.notes.includes('qBittorrent answers again'));
    await second.transfer.close();
    await assertDelivered(on, torrent, [
      [0, 0, 655_360],
      [1, 655_360, 5000],
      [2, 660_360, 300_000],
    ]);

    // It died before it could say that all is in place.
    const whole = new Map((await second.transfer.flush()).map(({ position, ranges }) => [position, ranges]));
    const third = await on.fetch(undefined, whole);
    assert.deepEqual(
      (await third.transfer.done).files.map(({ integrity }) => integrity),
      ['checksum', 'checksum', 'checksum'],
    );
    await third.transfer.close();

    swarm.stallAfter = 100_000;
    const other = aTorrent();
    const given = await stage(other);
    const running = await given.fetch();
    await running.until(50_000);
    await running.transfer.close();
    const download = { uid: given.uid, linkKey: `magnet:btih:${other.infoHash}`, directory: given.folder };
    await given.source.giveUp?.({ ...download, uid: 'another' }, new AbortController().signal);
    assert.equal((await server.states()).length, 1, 'it is not another download’s');
    await given.source.giveUp?.(download, new AbortController().signal);
    await given.source.giveUp?.(download, new AbortController().signal);
    assert.deepEqual(await server.states(), []);
    assert.deepEqual((await readdir(given.folder)).toSorted(), ['0.part', '1.part', '2.part', 'kept']);
    swarm.stallAfter = 0;
  },
);

test(
  'a torrent of somebody else is left alone; one that somebody removes is not added again by itself',
  wanted,
  async () => {
    const torrent = aTorrent();
    await server.call('torrents/add', { urls: swarm.magnet(torrent), paused: 'true', stopped: 'true' });
    await server.until((states) => states.length > 0);
    const on = await stage(torrent);
    const foreign = await on.fetch();
    await assert.rejects(foreign.transfer.done, refusedWith('refused', /already, added by somebody else.*retry/));
    await foreign.transfer.close();
    const access = { config: { url: server.url, username: 'admin', password: server.password }, clock, disk: realDisk };
    const [listed] = await torrentsElsewhere(access);
    assert.partialDeepStrictEqual(listed, { hash: torrent.infoHash, isOwn: false, isComplete: false });
    assert.equal((await server.states()).length, 1);
    await server.call('torrents/delete', { hashes: torrent.infoHash, deleteFiles: 'true' });

    swarm.stallAfter = 300_000;
    const own = await on.fetch();
    await own.until(100_000);
    await server.call('torrents/delete', { hashes: torrent.infoHash, deleteFiles: 'false' });
    await assert.rejects(own.transfer.done, refusedWith('refused', /somebody has removed.*longhaul retry/));
    assert.equal(durableIn(await own.transfer.flush()), 0, 'the next try begins anew');
    await own.transfer.close();
    swarm.stallAfter = 0;
  },
);

test('a wrong password, a ban, and a qBittorrent that is not there are said as such', wanted, async () => {
  const torrent = aTorrent();
  const wrong = await stage(torrent, { password: 'wrong' });
  for (const _ of [1, 2]) {
    const { transfer } = await wrong.fetch();
    await assert.rejects(
      transfer.done,
      refusedWith('refused', /user name and password; correct qbittorrent\.username/),
    );
    await transfer.close();
  }
  const away = await (await stage(torrent, { url: 'http://127.0.0.1:9' })).fetch();
  await assert.rejects(
    away.transfer.done,
    refusedWith('offline', /does not answer at http:\/\/127\.0\.0\.1:9 .*start it/),
  );
  await away.transfer.close();
  for (let n = 0; n < 6; n += 1) {
    const body = new URLSearchParams({ username: 'admin', password: 'wrong' });
    await fetch(`${server.url}/api/v2/auth/login`, { method: 'POST', body });
  }
  const banned = await (await stage(torrent)).fetch();
  await assert.rejects(banned.transfer.done, refusedWith('rate_limit', /banned this machine/));
  await banned.transfer.close();
});
