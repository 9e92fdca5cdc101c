import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { realDisk } from '../../src/disk/real-disk.ts';
import { Failure, type FailureClass } from '../../src/downloads/failure.ts';
import { bytesIn, type Range } from '../../src/downloads/ranges.ts';
import { silentLog } from '../../src/log/log.ts';
import { createQbittorrentSource } from '../../src/sources/qbittorrent/qbittorrent-source.ts';
import { withSelection } from '../../src/sources/select-files.ts';
import type { FileRanges, Source, Transfer } from '../../src/sources/source.ts';
import { keptTorrents } from '../../src/sources/torrent/kept.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';
import { needs } from './needs.ts';
import { type QbittorrentServer, startQbittorrent } from './qbittorrent-server.ts';
import { askedUntil } from './tells.ts';
import { type MadeTorrent, makeTorrent } from './torrent-maker.ts';
import { TorrentSwarm } from './torrent-swarm.ts';

export const wanted = needs('qbittorrent-nox');

let root = '';
export let server: QbittorrentServer;
export let swarm: TorrentSwarm;
before(async () => {
  if (wanted.skip) return;
  root = await mkdtemp(join(tmpdir(), 'longhaul-qbittorrent-test-'));
  [server, swarm] = [await startQbittorrent(), await TorrentSwarm.open()];
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await swarm?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

/** Waits are a tenth of what they are. */
export const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal) };

export let made = 0;

/** Three files, the last two of which share a piece. */
export function aTorrent(): MadeTorrent {
  made += 1;
  const content = (size: number, n: number) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
        createHash('sha256').update(`${made} ${n} ${at}`).digest(),
      ),
    ).subarray(0, size);
  const torrent = makeTorrent({
    name: `film ${made}`,
    files: [
      { path: 'a/film.mkv', content: content(655_360, 1) },
      { path: 'notes.nfo', content: content(5000, 2) },
      { path: 'b.mkv', content: content(300_000, 3) },
    ],
    trackers: [swarm.tracker],
  });
  swarm.add(torrent);
  return torrent;
}

export interface Stage {
  readonly source: Source;
  readonly folder: string;
  readonly uid: string;
  /** Where the partial of a position stands. */
  partial(position: number): string;
  /** Begins a run, as the engine does; `durable`: what an earlier one had. */
  fetch(select?: readonly string[], durable?: ReadonlyMap<number, readonly Range[]>): Promise<Running>;
}

export interface Running {
  readonly transfer: Transfer;
  readonly notes: readonly string[];
  /** Until so many bytes have come. */
  until(bytes: number): Promise<void>;
  /** Until there is a peer. */
  connects(): Promise<void>;
  /** Until there is such a note. */
  says(words: RegExp): Promise<void>;
}

export async function stage(
  torrent: MadeTorrent,
  more: { password?: string; url?: string; link?: string } = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(root, 'd-'));
  const uid = `uid-${made}`;
  const source = createQbittorrentSource({
    config: { url: more.url ?? server.url, username: 'admin', password: more.password ?? server.password },
    metadataTimeout: 10_000,
    kept: keptTorrents(realDisk, join(folder, 'kept')),
    ...{ clock, disk: realDisk, log: silentLog },
  });
  const link = more.link ?? `magnet:?xt=urn:btih:${torrent.infoHash}`;
  if (!more.link) await source.keep?.(link, torrent.bytes);
  const partial = (position: number) => join(folder, `${position}.part`);
  return {
    source,
    folder,
    uid,
    partial,
    async fetch(select, durable = new Map()) {
      const options = select ? { select } : {};
      const asked = { link, options, directory: folder };
      const manifest = withSelection(await source.resolve(asked, new AbortController().signal), options);
      const positions = manifest.files.flatMap(({ selected }, at) => (selected === false ? [] : [at]));
      const targets = [];
      for (const position of positions) {
        const path = partial(position);
        if (!(await realDisk.facts(path))) await realDisk.create(path).close();
        const size = manifest.files[position]?.size ?? null;
        targets.push({ position, path, size, durable: durable.get(position) ?? [] });
      }
      const notes: string[] = [];
      const transfer = source.fetch({ uid, manifest, targets, options, onNote: (note) => notes.push(note) });
      let isOver = false;
      const over = () => {
        isOver = true;
      };
      transfer.done.then(over, over);
      const unlessEnded = async (holds: () => boolean) => {
        await askedUntil(async () => {
          if (holds()) return true;
          if (!isOver) return undefined;
          await transfer.done;
          return assert.fail('it came to its end');
        });
      };
      return {
        transfer,
        notes,
        until: (bytes) => unlessEnded(() => transfer.progress().bytes >= bytes),
        connects: () => unlessEnded(() => transfer.progress().connections > 0),
        says: (words) => unlessEnded(() => notes.some((note) => words.test(note))),
      };
    },
  };
}

export async function assertDelivered(on: Stage, torrent: MadeTorrent, files: readonly [number, number, number][]) {
  for (const [position, from, size] of files) {
    assert.deepEqual(await readFile(on.partial(position)), torrent.content.subarray(from, from + size));
  }
  assert.ok(!(await readdir(on.folder)).some((name) => name.startsWith('.longhaul-')), 'its folder is gone');
  assert.deepEqual(await server.states(), []);
}

export function durableIn(files: readonly FileRanges[]): number {
  return files.reduce((sum, { ranges }) => sum + bytesIn(ranges), 0);
}

export const refusedWith = (failureClass: FailureClass, words: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass && words.test(error.message);
