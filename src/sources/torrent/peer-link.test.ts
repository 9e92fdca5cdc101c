import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Peer, ThrottleGroup, Wire } from 'webtorrent';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { RateLimit } from '../http/flow.ts';
import { linkDirectly } from './peer-link.ts';
import { Throttles } from './throttle.ts';

const group = (): ThrottleGroup => ({ throttle: () => assert.fail('a stream is made') });

/** A peer between a connection that keeps what is written to it, and a protocol that hears blocks alone. */
function linked() {
  const clock = manualClock();
  const upload = new RateLimit(clock);
  const throttleGroups = { down: group(), up: group() };
  const throttles = new Throttles(clock, upload);
  throttles.govern(throttleGroups);
  const connection = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableLength: 0,
    isPaused: false,
    written: [] as string[],
    setNoDelay() {},
    cork() {},
    uncork() {},
    write: (bytes: Uint8Array) => connection.written.push(Buffer.from(bytes).toString()),
    pause: () => (connection.isPaused = true),
    resume: () => (connection.isPaused = false),
  });
  const heard: string[] = [];
  const wire = {
    _parser: 'message',
    _onMessageLength: 'message',
    _finished: false,
    _buffer: [],
    _parse() {},
    _onMessage: (bytes: Uint8Array): void => {
      if (bytes[0] === 9) throw new Error('nonsense');
      if (bytes[0] === 6) wire._onRequest(0, 0, 16_384);
      else heard.push(Buffer.from(bytes).toString());
    },
    push: () => true,
    resume() {},
    peerRequests: [] as { readonly length: number }[],
    _onRequest: (_piece: number, _offset: number, length: number): void => void wire.peerRequests.push({ length }),
  };
  const counted = { download: 0, upload: 0 };
  const peer = Object.assign(new EventEmitter(), {
    type: 'tcpOutgoing',
    destroyed: false,
    wire: wire as unknown as Wire,
    conn: connection,
    throttleGroups,
    setThrottlePipes: () => assert.fail('streams are used'),
    destroy: () => (peer.destroyed = true),
  });
  for (const kind of ['download', 'upload'] as const) peer.on(kind, (bytes: number) => (counted[kind] += bytes));
  linkDirectly(peer as unknown as Peer);
  peer.setThrottlePipes();
  const torrent = { _peers: new Map([['one', peer]]) };
  const limitTo = (limit: RateLimit) => throttles.assign(torrent as never, wire as unknown as Wire, limit);
  const said = wire as unknown as { push(bytes: Uint8Array | null): boolean };
  return { clock, upload, connection, heard, said, peer, counted, limitTo };
}

const message = (text: string) => Buffer.from([0, 0, 0, text.length, ...Buffer.from(text)]);

test('what is said at one moment is sent at once, short messages together, long ones as they are', async () => {
  const { connection, said, counted } = linked();
  const long = 'x'.repeat(16_384);
  for (const each of ['one ', 'two ', long, 'three']) said.push(Buffer.from(each));
  await Promise.resolve();
  assert.deepEqual(connection.written, ['one two ', long, 'three']);
  assert.equal(counted.upload, long.length + 13);
});

test('under a limit of what is sent, the next is sent when it may be', async () => {
  const { clock, upload, connection, said } = linked();
  upload.set(1000);
  for (let n = 0; n < 3; n += 1) {
    said.push(Buffer.alloc(2000, String(n)));
    await Promise.resolve();
  }
  assert.equal(connection.written.length, 1);
  await clock.advance(10_000);
  assert.equal(connection.written.join('').length, 6000);
});

test('what comes is heard and counted; over the limit of the torrent the connection rests as long as it must', async () => {
  const { clock, connection, heard, counted, limitTo } = linked();
  connection.emit('data', message('first'));
  assert.deepEqual([heard, counted.download, connection.isPaused], [['first'], 9, false]);
  const limit = new RateLimit(clock);
  limit.set(1000);
  limitTo(limit);
  connection.emit('data', message('a'.repeat(200)));
  for (let n = 0; n < 20; n += 1) connection.emit('data', message('b'.repeat(200)));
  assert.ok(connection.isPaused);
  await clock.advance(10_000);
  assert.equal(connection.isPaused, false);
  assert.equal(heard.length, 22);
});

test('a peer that talks nonsense is left, and heard no more', () => {
  const { connection, heard, peer } = linked();
  connection.emit('data', message('\t'));
  assert.ok(peer.destroyed);
  connection.emit('data', message('more'));
  assert.deepEqual(heard, []);
});

test('a peer that asks for 16 MiB and takes nothing is left', () => {
  const { connection, peer } = linked();
  const asked = message('\x06');
  for (let n = 0; n < 1024; n += 1) connection.emit('data', asked);
  assert.equal(peer.destroyed, false);
  connection.emit('data', asked);
  assert.ok(peer.destroyed);
});
