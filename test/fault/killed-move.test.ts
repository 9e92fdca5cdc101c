import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killMoves } from '../support/killed-moves.ts';

/** Before each single operation, and within one disk: in `test/long`. */
test('a process that is killed while it moves a file to a folder of another disk leaves it whole, and the next one ends the move', async () => {
  assert.ok((await killMoves('other', 9, 12)) >= 1);
});
