import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { patterned } from '../../../test/support/http-bench.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { Asker } from '../http/asker.ts';
import { decipher, PieceFetcher } from './pieces.ts';
import { durationOf, piecesOf, versionOf } from './plan.ts';
import { pieceDemuxer } from './put-together.ts';
import { headBytes, readHead, writeHead } from './records.ts';
import { streamName } from './stream-source.ts';

const segment = (name: string, duration: number) => ({ url: `https://h/x/${name}?sig=1`, duration });

test('pieces of two tracks stand in the order of their time, beginnings first', () => {
  const tracks = [
    { init: { url: 'https://h/i' }, segments: [segment('v0', 4000), segment('v1', 4000)] },
    { segments: [segment('a0', 3000), segment('a1', 3000), segment('a2', 2000)] },
  ];
  const order = piecesOf({ tracks }).map(({ track, piece }) => `${track}.${piece}`);
  assert.deepEqual(order, ['0.0', '0.1', '1.1', '1.2', '0.2', '1.3']);
  assert.equal(durationOf({ tracks }), 8000);
});

test('a stream is the same when only its signatures are others', () => {
  const tracks = [{ segments: [segment('v0', 4000)] }];
  const signed = [{ segments: [{ url: 'https://mirror/y/v0?sig=2', duration: 4000 }] }];
  const other = [{ segments: [segment('v0', 4001)] }];
  assert.equal(versionOf({ tracks }), versionOf({ tracks: signed }));
  assert.notEqual(versionOf({ tracks }), versionOf({ tracks: other }));
});

test('the head of a piece is read as it was written, and nothing else is one', () => {
  const part = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(part, part, part, (track, piece, length) => {
      assert.deepEqual(readHead(writeHead({ track, piece, length })), { track, piece, length });
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom('', 'LHS', 'LHSM'), fc.uint8Array({ maxLength: 40 }), (begin, more) => {
      const bytes = Buffer.concat([Buffer.from(begin), more]);
      assert.equal(
        readHead(bytes) !== undefined,
        bytes.length >= headBytes && bytes.toString('latin1').startsWith('LHSM'),
      );
    }),
  );
});

test('a piece is deciphered with its key, and a wrong key is a failure that may pass', async () => {
  const key = Buffer.from('0123456789abcdef');
  const iv = '000000000000000000000000000000ff';
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const cipher = createCipheriv('aes-128-cbc', key, Buffer.from(iv, 'hex'));
      const secret = Buffer.concat([cipher.update(bytes), cipher.final()]);
      assert.deepEqual(await decipher(secret, key, { iv }), Buffer.from(bytes));
    }),
  );
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.from(iv, 'hex'));
  const secret = Buffer.concat([cipher.update('a piece'), cipher.final()]);
  for (const [bytes, tried] of [
    [secret, Buffer.from('another key, 16b')],
    [secret.subarray(1), key],
  ] as const) {
    const may = { class: 'media', message: /cannot be deciphered/, retry: { when: 'now' } };
    await assert.rejects(decipher(Buffer.from(bytes), tried, { iv }), may);
  }
});

test('the kind of a piece is told from its bytes', () => {
  const kinds = [
    ['G@\x11\x10', 'mpegts'],
    ['\0\0\0\x18ftypisom', 'mov'],
    ['\0\0\0\x18stypmsdh', 'mov'],
    ['\xff\xf1\x50\x80', 'aac'],
    ['ID3\x04', 'aac'],
    ['\x0b\x77', 'ac3'],
  ] as const;
  for (const [text, kind] of kinds) assert.equal(pieceDemuxer(Buffer.from(text, 'latin1')), kind);
  assert.throws(() => pieceDemuxer(Buffer.from('#EXTM3U')), /no kind/);
});

test('a stream is called after its file, or its folder where the name says nothing', () => {
  for (const [link, name] of [
    ['https://h/films/holiday/master.m3u8?x=1', 'holiday.mp4'],
    ['https://h/films/holiday.m3u8', 'holiday.mp4'],
    ['https://h/films/holiday.mp4/index.m3u8', 'holiday.mp4'],
    ['https://h/index-1080.m3u8', 'index-1080.mp4'],
    ['https://h/film.mp4', 'film.mp4'],
    ['https://h/', 'h.mp4'],
  ] as const)
    assert.equal(streamName(new URL(link)), name);
});

test('of a server that sends more than the part of a file that was asked for no more is kept, and no other part is taken', async (t) => {
  const part = patterned(1 << 16);
  const server = createServer((request, response) => {
    if (request.url === '/other') {
      response.writeHead(206, { 'content-length': 20, 'content-range': `bytes 0-19/${part.length}` });
      return void response.end(part.subarray(0, 20));
    }
    // It never ends.
    const more = () => response.destroyed || response.write(part, more);
    return void more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asker = new Asker({ config: defaults.http, hosts: {}, clock: systemClock, disk: realDisk });
  t.after(() => {
    asker.close();
    server.closeAllConnections();
    server.close();
  });
  const link = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetcher = new PieceFetcher({ asker, clock: systemClock, idleTimeout: 5000, link: `${link}/list`, options: {} });
  const never = new AbortController().signal;
  const span = { from: part.length + 10, to: part.length + 30 };
  assert.deepEqual(
    await fetcher.piece({ url: `${link}/whole`, span }, false, never),
    Buffer.from(part.subarray(10, 30)),
  );
  await assert.rejects(fetcher.piece({ url: `${link}/other`, span }, false, never), /another part/);
});
