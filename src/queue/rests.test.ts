import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { createRests } from './rests.ts';

const rest = 100;

function stage() {
  const clock = manualClock();
  const begun: PromiseWithResolvers<void>[] = [];
  const rests = createRests(clock, rest, () => {
    const work = Promise.withResolvers<void>();
    begun.push(work);
    return work.promise;
  });
  return { clock, rests, begun };
}

test('it works at once, and what is asked for meanwhile is done once, after the rest', async () => {
  const { clock, rests, begun } = stage();
  const first = rests.ask();
  for (let n = 0; n < 5; n += 1) void rests.ask();
  assert.equal(begun.length, 1);
  begun[0]?.resolve();
  await first;
  void rests.ask();
  await clock.advance(rest - 1);
  assert.equal(begun.length, 1, 'it rests');
  await clock.advance(1);
  assert.equal(begun.length, 2);
  begun[1]?.resolve();
  await clock.advance(10 * rest);
  assert.equal(begun.length, 2, 'nobody has asked since');
  void rests.ask();
  assert.equal(begun.length, 3, 'after the rest it works at once again');
});

test('stopped it waits for what is at work, and begins nothing any more', async () => {
  const { clock, rests, begun } = stage();
  void rests.ask();
  void rests.ask();
  let isOver = false;
  const stopped = rests.stop().then(() => {
    isOver = true;
  });
  await clock.advance(rest);
  assert.equal(isOver, false);
  begun[0]?.resolve();
  await stopped;
  void rests.ask();
  await clock.advance(10 * rest);
  assert.equal(begun.length, 1);
});
