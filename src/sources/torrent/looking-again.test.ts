import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Distributed, Torrent } from 'webtorrent';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { lookAgain } from './looking-again.ts';

const second = 1000;
const hour = 3_600_000;

/** A torrent and a table that does what it is told: `looks` are the moments at which it was asked, s. */
function looking() {
  const clock = manualClock();
  const torrent = { infoHash: 'ab'.repeat(20), destroyed: false, wires: [] as object[] };
  const table = { destroyed: false, looks: [] as number[], announced: 0 };
  const dht = Object.assign(table, {
    lookup(infoHash: string, done: () => void) {
      assert.equal(infoHash, torrent.infoHash);
      table.looks.push(clock.monotonic() / second);
      done();
    },
    announce(_infoHash: string, port: number) {
      assert.equal(port, 6881);
      table.announced += 1;
    },
  });
  const end = lookAgain(torrent as unknown as Torrent, dht as unknown as Distributed, 6881, clock);
  return { clock, torrent, table, end };
}

test('a torrent without peers is looked for after seconds, then ever less often, and announced each time', async () => {
  const { clock, table, end } = looking();
  await clock.advance(70 * second);
  assert.deepEqual(table.looks, [2, 6, 14, 30, 62]);
  assert.equal(table.announced, 5);
  await clock.advance(10 * hour);
  const last = table.looks.slice(-3);
  assert.deepEqual([(last[1] ?? 0) - (last[0] ?? 0), (last[2] ?? 0) - (last[1] ?? 0)], [900, 900]);
  end();
  const { length } = table.looks;
  await clock.advance(hour);
  assert.equal(table.looks.length, length);
});

test('one that has peers is not looked for, and soon again when it has lost them', async () => {
  const { clock, torrent, table, end } = looking();
  torrent.wires.push({});
  await clock.advance(hour);
  assert.deepEqual(table.looks, []);
  torrent.wires.pop();
  await clock.advance(30 * second);
  assert.equal(table.looks.length, 1);
  end();
});

test('a table that was closed is asked nothing, and a torrent that has left ends the looking', async () => {
  const { clock, torrent, table } = looking();
  table.destroyed = true;
  await clock.advance(hour);
  assert.deepEqual([table.looks, table.announced], [[], 0]);
  torrent.destroyed = true;
  await clock.advance(hour);
  assert.equal(clock.waiting, 0);
});
