import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killMoves } from '../support/killed-moves.ts';

for (const way of ['same', 'other'] as const) {
  test(`killed before each single operation of a move to the ${way} disk, it is ended by the next process`, async () => {
    const killed = await killMoves(way, 1, 1);
    assert.ok(killed >= (way === 'same' ? 8 : 25), `only ${killed} operations`);
  });
}
