import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { patterned } from '../../../test/support/http-bench.ts';
import { embeddedTorrents } from '../../../test/support/torrent-bench.ts';
import { type MadeTorrent, makeTorrent } from '../../../test/support/torrent-maker.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { keptTorrents } from './kept.ts';
import { magnetOf } from './magnet.ts';
import { readTorrent } from './metainfo.ts';
import through from './stand-ins/cross-fetch-ponyfill.ts';
import { reachWebThrough } from './web.ts';

const piece = 65_536;
const size = piece + 77;
const made = makeTorrent({
  name: 'Two',
  files: [
    { path: 'missing', content: patterned(2 * piece, 1) },
    { path: 'there', content: patterned(size, 2) },
  ],
});
const lastPiece = 3;

test('what nobody in his senses sends ends that connection and nothing else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-enduring-'));
  const [delivered, partial, state] = [join(folder, 'there'), join(folder, 'got.part'), join(folder, 'state')];
  const port = await freePort();
  const seeder = embeddedTorrents(state, { port, trackers: false });
  const other = embeddedTorrents(state, { trackers: false });
  t.after(async () => {
    await seeder.close();
    await other.close();
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(delivered, patterned(size, 2));
  await keptTorrents(realDisk, state).keep(made.infoHash, made.bytes);
  const link = magnetOf(readTorrent(made.bytes));
  const seeding = seeder.seed?.({ link, files: [{ position: 1, path: delivered, size }] });
  assert.ok(seeding);

  // A key that no two can agree on (Message Stream Encryption).
  await ended(port, Buffer.alloc(96));
  // An extension whose number is a dictionary, and words about the .torrent that are none.
  const [dictionary, nothing] = ['\0d1:md1:ad8:toStringi1eeee', '\x01'].map((words) => message(20, words));
  for (const words of [dictionary, nothing]) await ended(port, greeting(made), words);
  // Pieces that are not there, and parts behind the end of one, before its beginning, and of less than nothing.
  const asked = [
    [99, 0, 16],
    [-1, 0, 16],
    [0, 0, 16],
    [lastPiece, 70, 16],
    [lastPiece, -16, 16],
    [lastPiece, 0, -5],
  ] as const;
  for (const numbers of asked) await ended(port, greeting(made), message(2, ''), question(numbers), nothing);
  // More than it could take, all at once.
  const greed = Array.from({ length: 300 }, () => question([2, 0, piece]));
  await ended(port, greeting(made), message(2, ''), ...greed);

  const request = { link: `${link}&x.pe=127.0.0.1:${port}`, options: {}, directory: folder };
  const manifest = await other.resolve(request, new AbortController().signal);
  await realDisk.create(partial).close();
  const targets = [{ position: 1, path: partial, size, durable: [] }];
  const transfer = other.fetch({ manifest, targets, options: {} });
  await Promise.race([transfer.done, seeding.done]);
  await transfer.close();
  await seeding.close();
  assert.ok((await readFile(partial)).equals(patterned(size, 2)));
});

test('a tracker that breaks off in the middle of its answer has given none; a web seed has failed', async (t) => {
  const head = (status: string) => `HTTP/1.1 ${status}\r\nContent-Length: 9\r\n\r\nbroken`;
  const server = createServer((socket) => {
    socket.once('data', (asked) => socket.end(head(/^range:/im.test(String(asked)) ? '206 Part' : '200 OK')));
  });
  const address = `http://127.0.0.1:${await listening(server)}/announce`;
  const web = reachWebThrough({ config: defaults.http, hosts: {}, clock: systemClock, disk: realDisk }, true);
  t.after(() => {
    web.close();
    server.close();
  });
  const tracker = await through(address);
  assert.deepEqual([tracker.ok, (await tracker.arrayBuffer()).byteLength], [true, 0]);
  const seed = await through(address, { headers: { range: 'bytes=0-8' } });
  await assert.rejects(seed.arrayBuffer(), /closed the connection/);
});

function greeting({ infoHash }: MadeTorrent): Buffer {
  const head = Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\x10\0\0', 'latin1');
  return Buffer.concat([head, Buffer.from(infoHash, 'hex'), Buffer.from('-XX0001-lkjihgfedcba')]);
}

function message(id: number, body: string): Buffer {
  const head = Buffer.alloc(5, id);
  head.writeUInt32BE(1 + body.length);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

/** Piece, offset, length. */
function question(numbers: readonly [number, number, number]): Buffer {
  const body = Buffer.alloc(12);
  for (const [at, number] of numbers.entries()) body.writeInt32BE(number, at * 4);
  return message(6, body.toString('latin1'));
}

/** Says the first words, the others once there is an answer, and waits until the other end has had enough. */
async function ended(port: number, first: Buffer, ...words: readonly (Buffer | undefined)[]): Promise<void> {
  const socket = await connected(port);
  socket.once('data', () => socket.write(Buffer.concat(words.flatMap((each) => each ?? []))));
  socket.write(first);
  socket.resume();
  await once(socket, 'close');
}

async function connected(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.on('error', () => {});
    if (isOpen) return socket;
    await pause(2);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  return port;
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
