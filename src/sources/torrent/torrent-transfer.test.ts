import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, chmod, mkdtemp, open, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { patterned, untilBytes } from '../../../test/support/http-bench.ts';
import { freePort } from '../../../test/support/servers.ts';
import { embeddedTorrents } from '../../../test/support/torrent-bench.ts';
import { type MadeTorrent, makeTorrent } from '../../../test/support/torrent-maker.ts';
import { TorrentSwarm } from '../../../test/support/torrent-swarm.ts';
import { defaults } from '../../config/defaults.ts';
import type { Disk } from '../../disk/disk.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Range } from '../../downloads/ranges.ts';
import { systemClock } from '../../time/clock.ts';
import { readBytes } from '../http/read-text.ts';
import type { FetchTarget, Manifest, Source, Transfer } from '../source.ts';
import { keptTorrents } from './kept.ts';
import { magnetOf } from './magnet.ts';
import { readTorrent } from './metainfo.ts';
import { removeOldWork } from './work-files.ts';

const never = new AbortController().signal;
const piece = 65_536;
const swarm = await TorrentSwarm.open();
after(() => swarm.close());

const album = makeTorrent({
  name: 'Album',
  files: [
    { path: 'one.bin', content: patterned(3 * piece + 1000, 1) },
    { path: 'cd 2/two.bin', content: patterned(2 * piece + 500, 2) },
    { path: '.pad/x', content: Buffer.alloc(piece - 1500), pad: true },
    { path: 'three.bin', content: patterned(piece + 77, 3) },
    { path: 'empty', content: Buffer.alloc(0) },
  ],
  trackers: [swarm.tracker],
});
swarm.add(album);

test('of several files only the chosen one is written; what shares its pieces is kept aside until the end', async (t) => {
  const bench = await benchFor(t);
  const manifest = await bench.resolve(album);
  assert.deepEqual(
    manifest.files.map(({ path, size, main }) => [path, size, main]),
    [
      ['Album/one.bin', 3 * piece + 1000, true],
      ['Album/cd 2/two.bin', 2 * piece + 500, false],
      ['Album/three.bin', piece + 77, false],
      ['Album/empty', 0, false],
    ],
  );
  const target = await bench.target(manifest, 1);
  const transfer = bench.fetch(manifest, [target]);
  assert.deepEqual(await transfer.done, { files: [{ position: 1, size: 2 * piece + 500, integrity: 'checksum' }] });
  assert.equal(
    (await bench.state()).some((name) => name.endsWith('.spill')),
    true,
  );
  assert.deepEqual(await transfer.flush(), [{ position: 1, ranges: [[0, 2 * piece + 500]] }]);
  assert.equal(transfer.progress().bytes, 2 * piece + 500);
  await transfer.close();
  assert.deepEqual(await bench.state(), [`${album.infoHash}.torrent`]);
  assert.ok((await readFile(target.path)).equals(patterned(2 * piece + 500, 2)));
});

test('all files of a torrent come, empty ones too', async (t) => {
  const bench = await benchFor(t);
  const manifest = await bench.resolve(album);
  const targets = await Promise.all([0, 1, 2, 3].map((position) => bench.target(manifest, position)));
  const transfer = bench.fetch(manifest, targets);
  assert.equal((await transfer.done).files.length, 4);
  await transfer.close();
  const contents = await Promise.all(targets.map(({ path }) => readFile(path)));
  assert.ok(Buffer.concat(contents.slice(0, 2)).equals(album.content.subarray(0, 5 * piece + 1500)));
  assert.ok(contents[2]?.equals(patterned(piece + 77, 3)));
  assert.equal(contents[3]?.length, 0);
});

test('what a killed run wrote and never made durable is looked at and not fetched again', async (t) => {
  const made = single('killed.bin', 16 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  swarm.stallAfter = 10 * piece;
  const killed = bench.fetch(manifest, [target]);
  await untilBytes(killed, 5 * piece);
  swarm.cut();
  swarm.stallAfter = 0;
  const before = swarm.sent;
  const there = killed.progress().bytes;
  const other = bench.another();
  const transfer = other.fetch({ manifest, targets: [target], options: {} });
  await transfer.done;
  assert.ok(swarm.sent - before <= made.content.length - there + piece, `${swarm.sent - before} were sent again`);
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('a file that was written to while nothing ran is proved again; only what is wrong is fetched again', async (t) => {
  const made = single('changed.bin', 16 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  swarm.stallAfter = 8 * piece;
  const first = bench.fetch(manifest, [target]);
  await untilBytes(first, 4 * piece);
  const durable = (await first.flush())[0]?.ranges ?? [];
  await first.close();
  swarm.stallAfter = 0;
  const [from] = durable[0] ?? [0];
  const file = await open(target.path, 'r+');
  await file.write(Buffer.from('damage'), 0, 6, from + 5);
  await file.close();
  const before = swarm.sent;
  const transfer = bench.another().fetch({ manifest, targets: [{ ...target, durable }], options: {} });
  await transfer.done;
  const bytes = durable.reduce((sum, [a, b]) => sum + b - a, 0);
  assert.ok(swarm.sent - before <= made.content.length - bytes + 2 * piece);
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('a file that has grown behind its end is cut', async (t) => {
  const made = single('grown.bin', 2 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  await appendFile(target.path, Buffer.alloc(3 * piece));
  const transfer = bench.fetch(manifest, [target]);
  await transfer.done;
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('a damaged block is fetched again', async (t) => {
  const made = single('damaged.bin', 4 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  swarm.damage = 1;
  const transfer = bench.fetch(manifest, [target]);
  await transfer.done;
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('work files that nobody came back to for a month are removed, and nothing else', async (t) => {
  const bench = await benchFor(t);
  await bench.resolve(album);
  const [old, fresh] = ['a', 'b'].map((letter) => `${letter.repeat(40)}-01234567.spill`);
  for (const name of [old, fresh, 'mine.txt']) await writeFile(join(bench.folder, 'state', String(name)), 'x');
  const longAgo = new Date(Date.now() - 31 * 86_400_000);
  for (const name of [old, 'mine.txt']) await utimes(join(bench.folder, 'state', String(name)), longAgo, longAgo);
  await removeOldWork(realDisk, join(bench.folder, 'state'), Date.now());
  assert.deepEqual(await bench.state(), [`${album.infoHash}.torrent`, fresh, 'mine.txt'].toSorted());
});

test('closed at any moment of its beginning, it ends, and forgets nothing', async (t) => {
  const made = single('closed.bin', 4 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  for (let turns = 0; turns < 30; turns += 1) {
    const transfer = bench.fetch(manifest, [target]);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    await transfer.close();
  }
  const last = bench.fetch(manifest, [target]);
  await last.done;
  await last.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('a full disk is told as such, and what was written stays', async (t) => {
  const made = single('full.bin', 8 * piece);
  const bench = await benchFor(t, { disk: diskOf(3 * piece) });
  const manifest = await bench.resolve(made);
  const transfer = bench.fetch(manifest, [await bench.target(manifest, 0)]);
  await assert.rejects(transfer.done, (error) => error instanceof Failure && error.class === 'no_space');
  const [flushed] = await transfer.flush();
  assert.equal(
    flushed?.ranges.reduce((sum, [from, to]) => sum + to - from, 0),
    3 * piece,
  );
  await transfer.close();
});

test('nobody who tells what a magnet link contains: it is asked again later', async (t) => {
  const made = single('silent.bin', piece, false);
  const bench = await benchFor(t, { metadataTimeout: 300 });
  swarm.silent = true;
  const asked = bench.source.resolve({ link: swarm.magnet(made), options: {}, directory: bench.folder }, never);
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof Failure);
    assert.deepEqual(error.retry, { when: 'later', reason: 'metadata' });
    return /^no peer told within 0 s what the magnet link contains/.test(error.message);
  });
  swarm.silent = false;
});

test('a tracker in a private network is not asked, unless that is allowed', async (t) => {
  const made = single('lonely.bin', piece);
  const bench = await benchFor(t, { metadataTimeout: 400, allowPrivate: false });
  const before = swarm.announced.length;
  const asked = bench.source.resolve({ link: swarm.magnet(made), options: {}, directory: bench.folder }, never);
  await assert.rejects(asked, Failure);
  assert.equal(swarm.announced.length, before);
});

test('a private torrent comes from its tracker alone', async (t) => {
  const made = makeTorrent({
    name: 'private.bin',
    files: [{ path: 'private.bin', content: patterned(3 * piece) }],
    isSingle: true,
    isPrivate: true,
    trackers: [swarm.tracker],
  });
  swarm.add(made);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  const transfer = bench.fetch(manifest, [target]);
  await transfer.done;
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(made.content));
});

test('a web seed is enough', async (t) => {
  const content = patterned(5 * piece + 9);
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined) return response.end(content);
    const part = content.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${content.length}` });
    return response.end(part);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = `http://127.0.0.1:${(server.address() as AddressInfo).port}/web.bin`;
  const files = [{ path: 'web.bin', content }];
  const made = makeTorrent({ name: 'web.bin', files, isSingle: true, webSeeds: [link] });
  const bench = await benchFor(t);
  t.after(() => server.close());
  const manifest = await bench.resolve(made);
  const target = await bench.target(manifest, 0);
  const transfer = bench.fetch(manifest, [target]);
  await transfer.done;
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(content));
  const asking = { config: defaults.http, clock: systemClock, disk: realDisk };
  assert.ok((await readBytes(asking, { link, options: {}, most: content.length })).equals(content));
});

test('the same torrent to two places: the second one waits', async (t) => {
  const made = single('twice.bin', 8 * piece);
  const bench = await benchFor(t);
  const manifest = await bench.resolve(made);
  swarm.stallAfter = 5 * piece;
  const first = bench.fetch(manifest, [await bench.target(manifest, 0)]);
  await untilBytes(first, 1);
  const second = bench.fetch(manifest, [await bench.target(manifest, 0, 'elsewhere.part')]);
  await assert.rejects(second.done, (error) => error instanceof Failure && error.retry.when === 'later');
  await second.close();
  await first.close();
  swarm.stallAfter = 0;
});

test('what is delivered is sent to others, read only, until a download of the same wants to run or a file is cut', async (t) => {
  const port = await freePort();
  const bench = await benchFor(t, { port, trackers: false });
  const manifest = await bench.resolve(album);
  const files = await Promise.all([0, 2].map((position) => bench.target(manifest, position, `final ${position}`)));
  for (const { path, position } of files) {
    await writeFile(path, position === 0 ? patterned(3 * piece + 1000, 1) : patterned(piece + 77, 3));
    await chmod(path, 0o400);
  }
  const sizes = files.map(({ position, path }) => ({ position, path, size: manifest.files[position]?.size ?? 0 }));
  const seeding = bench.source.seed?.({ link: magnetOf(readTorrent(album.bytes)), files: sizes });
  assert.ok(seeding);
  const other = await benchFor(t, { trackers: false });
  const wanted = await other.resolve(album, `&x.pe=127.0.0.1:${port}`);
  const target = await other.target(wanted, 2);
  const transfer = other.fetch(wanted, [target]);
  await transfer.done;
  await transfer.close();
  assert.ok((await readFile(target.path)).equals(patterned(piece + 77, 3)));
  assert.ok(seeding.progress().uploaded >= piece + 77);
  await chmod(files[0]?.path ?? '', 0o600);
  await truncate(files[0]?.path ?? '', 10);
  const spoilt = other.fetch(wanted, [await other.target(wanted, 0)]);
  await assert.rejects(seeding.done, /final 0 is shorter than it was delivered/);
  await spoilt.close();
  await seeding.close();
  const again = bench.source.seed?.({ link: magnetOf(readTorrent(album.bytes)), files: sizes.slice(1) });
  const same = bench.fetch(manifest, [await bench.target(manifest, 1)]);
  await assert.rejects(again?.done ?? Promise.resolve(), /the same torrent is being downloaded/);
  await again?.close();
  await same.close();
});

function single(name: string, size: number, tracked = true): MadeTorrent {
  const files = [{ path: name, content: patterned(size, size) }];
  const made = makeTorrent({ name, files, isSingle: true, ...(tracked ? { trackers: [swarm.tracker] } : {}) });
  swarm.add(made);
  return made;
}

/** The disk of this machine, which takes only so many bytes for partials. */
function diskOf(bytes: number): Disk {
  let left = bytes;
  return {
    ...realDisk,
    open(path) {
      const file = realDisk.open(path);
      if (!path.endsWith('.part')) return file;
      return {
        ...file,
        write(buffer, offset, length, position) {
          left -= length;
          if (left < 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          file.write(buffer, offset, length, position);
        },
      };
    },
  };
}

interface Bench {
  readonly source: Source;
  readonly folder: string;
  another(): Source;
  /** Names of files in the state folder. */
  state(): Promise<string[]>;
  /** Its .torrent is kept first. */
  resolve(made: MadeTorrent, more?: string): Promise<Manifest>;
  target(manifest: Manifest, position: number, name?: string): Promise<FetchTarget & { durable: readonly Range[] }>;
  fetch(manifest: Manifest, targets: readonly FetchTarget[]): Transfer;
}

async function benchFor(
  context: TestContext,
  { disk, ...more }: NonNullable<Parameters<typeof embeddedTorrents>[1]> & { disk?: Disk } = {},
): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-torrent-'));
  const state = join(folder, 'state');
  const sources: Source[] = [];
  const another = () => {
    const source = embeddedTorrents(state, more, disk);
    sources.push(source);
    return source;
  };
  context.after(async () => {
    for (const source of sources) await source.close();
    await rm(folder, { recursive: true, force: true });
  });
  const source = another();
  return {
    source,
    folder,
    another,
    state: () => readdir(state),
    async resolve(made, more = '') {
      await keptTorrents(realDisk, state).keep(made.infoHash, made.bytes);
      return source.resolve(
        { link: `${magnetOf(readTorrent(made.bytes))}${more}`, options: {}, directory: folder },
        never,
      );
    },
    async target(manifest, position, name = `${position}.part`) {
      const path = join(folder, name);
      await realDisk.create(path).close();
      return { position, path, size: manifest.files[position]?.size ?? null, durable: [] };
    },
    fetch: (manifest, targets) => source.fetch({ manifest, targets, options: {} }),
  };
}
