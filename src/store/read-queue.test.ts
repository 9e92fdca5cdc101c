import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadQueue } from './read-queue.ts';
import { StoreFailure } from './store.ts';

function queue() {
  let transactions = 0;
  const read = createReadQueue(async (run) => {
    transactions += 1;
    return run();
  });
  return { read, transactions: () => transactions };
}

test('readings of one turn share a transaction, and each gets its own answer', async () => {
  const { read, transactions } = queue();
  assert.deepEqual(await Promise.all([read(() => 1), read(() => 'two'), read(() => undefined)]), [1, 'two', undefined]);
  assert.equal(transactions(), 1);
  assert.equal(await read(() => 4), 4);
  assert.equal(transactions(), 2);
});

test('a reading that throws spoils no other', async () => {
  const { read } = queue();
  const wrong = read(() => {
    throw new TypeError('wrong');
  });
  const right = read(() => 'right');
  await assert.rejects(wrong, TypeError);
  assert.equal(await right, 'right');
});

test('where the store cannot be read, all of them are told so, once', async () => {
  let asked = 0;
  const read = createReadQueue(async () => {
    asked += 1;
    throw new StoreFailure('gone');
  });
  const answers = await Promise.allSettled([read(() => 1), read(() => 2)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(asked, 1);
});
