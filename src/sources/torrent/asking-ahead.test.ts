import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Wire } from 'webtorrent';
import { askAhead } from './asking-ahead.ts';

test('a peer that answers soon is asked for twice as much each time, up to what it remembers, and a late one for less', () => {
  let now = 0;
  const asked: ((error: Error | null) => void)[] = [];
  const wire = Object.assign(new EventEmitter(), {
    type: 'tcpOutgoing',
    peerExtendedHandshake: { reqq: 100 },
    downloadSpeed: () => 0,
    request: (_piece: number, _offset: number, _length: number, done: (error: Error | null) => void) =>
      asked.push(done),
  }) as unknown as Wire;
  askAhead(wire, { monotonic: () => now });
  wire.emit('extended', 'handshake');
  // As the library reckons when it asks again.
  const blocks = () => 2 + (0.5 * wire.downloadSpeed()) / 16_384;
  const round = (waited: number, error: Error | null = null) => {
    const before = blocks();
    for (let n = 0; n < before; n += 1) wire.request(0, n * 16_384, 16_384, () => {});
    now += waited;
    for (const done of asked.splice(0)) done(error);
    return blocks();
  };
  assert.equal(blocks(), 4);
  assert.deepEqual(
    [500, 500, 500, 2000, 500, 500].map((waited) => round(waited)),
    [8, 16, 32, 32, 64, 90],
  );
  assert.equal(round(500, new Error('rejected')), 90);
  assert.equal(round(5000), 4);
});
