import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AskedMetadata, Wire } from 'webtorrent';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { askFew } from './asking-metadata.ts';

const info = Buffer.from('d4:name4:filee');
const infoHash = createHash('sha1').update(info).digest('hex');

/** Takes pieces as the library does, and asks again for one that was refused. */
class Asked implements AskedMetadata {
  _fetching = true;
  readonly _numPieces = 40;
  readonly _metadataSize = this._numPieces * 16_384;
  metadata = new Uint8Array();
  readonly asked: number[] = [];
  readonly came: number[] = [];

  async setMetadata(came: Uint8Array): Promise<boolean> {
    return came.length > 0;
  }

  _requestPieces(): void {}

  _request(piece: number): void {
    this.asked.push(piece);
  }

  _onData(piece: number): void {
    this.came.push(piece);
  }

  _onReject(piece: number): void {
    this._request(piece);
  }
}

function asking(): { asked: Asked; clock: ReturnType<typeof manualClock>; told: Uint8Array[] } {
  const [asked, clock, told] = [new Asked(), manualClock(), [] as Uint8Array[]];
  const wire = { ut_metadata: asked } as unknown as Wire;
  askFew(wire, clock, { infoHash, onInfo: (bytes) => told.push(bytes) });
  asked._requestPieces();
  return { asked, clock, told };
}

test('sixteen pieces are asked for at once, and another one for each that comes, each once', () => {
  const { asked } = asking();
  assert.deepEqual(
    asked.asked,
    Array.from({ length: 16 }, (_, piece) => piece),
  );
  for (let piece = 0; piece < 40; piece += 1) asked._onData(piece);
  assert.deepEqual(
    asked.asked,
    Array.from({ length: 40 }, (_, piece) => piece),
  );
  assert.deepEqual(asked.came, asked.asked);
});

test('a piece that was refused is asked for again a second later, and not before', async () => {
  const { asked, clock } = asking();
  asked._onReject(3);
  await clock.advance(999);
  assert.equal(asked.asked.length, 16);
  await clock.advance(1);
  assert.deepEqual(asked.asked.slice(16), [3]);
});

test('what came wrong is not told; what came right is, and ends the asking', async () => {
  const { asked, told } = asking();
  assert.equal(await asked.setMetadata(Buffer.from('other')), false);
  assert.deepEqual([told, asked._fetching], [[], true]);
  assert.equal(await asked.setMetadata(info), true);
  assert.deepEqual([told, asked._fetching], [[info], false]);
  asked._onData(0);
  assert.equal(asked.asked.length, 16);
});

test('a peer that does not tell what torrents contain is left alone', () => {
  askFew({} as Wire, manualClock(), { infoHash, onInfo: () => assert.fail('nothing came') });
});
