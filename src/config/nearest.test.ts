import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest } from './nearest.ts';

const keys = ['retry.max_tries', 'retry.first_wait', 'queue.slots', 'log.max_size', 'log.level'];

test('spelling mistakes, other spellings and a missing section find the key', () => {
  for (const [written, meant] of [
    ['retry.max_tires', 'retry.max_tries'],
    ['retry.maxTries', 'retry.max_tries'],
    ['max-tries', 'retry.max_tries'],
    ['queue.slot', 'queue.slots'],
    ['slots', 'queue.slots'],
    ['log.lvel', 'log.level'],
    ['log.maxsize', 'log.max_size'],
  ] as const) {
    assert.equal(nearest(written, keys), meant, written);
  }
});

test('what is near to nothing finds nothing', () => {
  for (const written of ['wheelbarrow', 'xyzzy.plugh', '']) assert.equal(nearest(written, keys), undefined, written);
});

test('every key finds itself, and any text an answer', () => {
  for (const key of keys) assert.equal(nearest(key, keys), key);
  fc.assert(fc.property(fc.string(), (written) => [undefined, ...keys].includes(nearest(written, keys))));
});
