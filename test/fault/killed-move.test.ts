import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killMoves } from '../support/killed-moves.ts';

for (const way of ['same', 'other'] as const) {
  test(`a process that is killed while it moves a file to a folder of the ${way} disk leaves it whole, and the next one ends the move`, async () => {
    assert.ok((await killMoves(way, 9, way === 'same' ? 6 : 12)) >= 1);
  });
}
