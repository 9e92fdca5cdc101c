import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../test/support/manual-clock.ts';
import { type Log, silentLog } from '../log/log.ts';
import { createListeners } from './listeners.ts';

interface Message {
  readonly of: string;
  readonly at: number;
  readonly last?: boolean;
}

function stage() {
  const clock = manualClock();
  const said: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (_facts, message) => void said.push(message),
    error: (_facts, message) => void said.push(message),
  };
  const listeners = createListeners<Message>({
    ...{ clock, log },
    keyOf: ({ of }) => of,
    isLast: ({ last }) => last === true,
  });
  return { clock, listeners, said };
}

test('a listener hears at most one message an interval, the newest, and the last at once', async () => {
  const { clock, listeners } = stage();
  const heard: [number, number][] = [];
  listeners.listen(({ at }) => void heard.push([clock.monotonic(), at]), { every: 1000 });
  for (let at = 0; at < 25; at += 1) {
    listeners.tell({ of: 'a', at });
    await clock.advance(100);
  }
  listeners.tell({ of: 'a', at: 99, last: true });
  assert.deepEqual(heard, [
    [0, 0],
    [1000, 9],
    [2000, 19],
    [2500, 99],
  ]);
  await clock.advance(5000);
  assert.equal(heard.length, 4, 'nothing comes after the last');
  assert.equal(clock.waiting, 0);
});

test('each listener has an interval of its own, and each thing is told on its own', async () => {
  const { clock, listeners } = stage();
  const all: string[] = [];
  const few: string[] = [];
  listeners.listen(({ of, at }) => void all.push(of + at));
  listeners.listen(({ of, at }) => void few.push(of + at), { every: 10_000 });
  for (let at = 0; at < 3; at += 1) {
    for (const thing of ['a', 'b']) listeners.tell({ of: thing, at });
    await clock.advance(100);
  }
  assert.deepEqual(all, ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  assert.deepEqual(few, ['a0', 'b0']);
});

test('one that throws, one that rejects and one that hangs stop neither the work nor the others', async () => {
  const { clock, listeners, said } = stage();
  const heard: number[] = [];
  let hung = 0;
  listeners.listen(() => {
    throw new Error('thrown');
  });
  listeners.listen(() => Promise.reject(new Error('rejected')));
  listeners.listen(() => {
    hung += 1;
    return new Promise(() => {});
  });
  listeners.listen(({ at }) => void heard.push(at));
  for (let at = 0; at < 5; at += 1) {
    listeners.tell({ of: 'a', at });
    await clock.advance(100);
  }
  assert.deepEqual(heard, [0, 1, 2, 3, 4]);
  assert.equal(hung, 1, 'while it is busy it is not called again');
  assert.equal(said.length, 10);
});

test('a listener that hangs is dropped after a while, one that throws after ten failures', async () => {
  const { clock, listeners, said } = stage();
  let thrown = 0;
  listeners.listen(() => new Promise(() => {}));
  listeners.listen(() => {
    thrown += 1;
    throw new Error('bad');
  });
  for (let at = 0; at < 20; at += 1) {
    listeners.tell({ of: 'a', at });
    await clock.advance(1000);
  }
  assert.equal(thrown, 10);
  assert.equal(listeners.idle, false);
  await clock.advance(100_000);
  assert.equal(listeners.idle, true);
  assert.equal(said.filter((text) => /not told any more/.test(text)).length, 2);
});

test('a slow listener gets the newest when it comes back, and the last in any case', async () => {
  const { clock, listeners } = stage();
  const heard: number[] = [];
  const back = Promise.withResolvers<void>();
  listeners.listen(({ at }) => {
    heard.push(at);
    return back.promise;
  });
  for (let at = 0; at < 5; at += 1) listeners.tell({ of: 'a', at });
  listeners.tell({ of: 'a', at: 5, last: true });
  assert.deepEqual(heard, [0]);
  back.resolve();
  await clock.advance(1);
  assert.deepEqual(heard, [0, 5]);
});

test('whoever unsubscribed, and everybody after the close, hears nothing more', async () => {
  const { clock, listeners } = stage();
  const calls: Message[] = [];
  const stop = listeners.listen((message) => void calls.push(message), { every: 100 });
  listeners.listen((message) => void calls.push(message), { every: 100 });
  listeners.tell({ of: 'a', at: 0 });
  listeners.tell({ of: 'a', at: 1 });
  stop();
  stop();
  listeners.close();
  listeners.tell({ of: 'a', at: 2, last: true });
  await clock.advance(1000);
  assert.equal(calls.length, 2);
  assert.equal(clock.waiting, 0);
});

test('whatever comes whenever: intervals are kept, order is kept, the last is told', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(700), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 1000 }),
      async (waits, every) => {
        const { clock, listeners } = stage();
        const heard: { when: number; at: number }[] = [];
        listeners.listen(({ at }) => void heard.push({ when: clock.monotonic(), at }), { every });
        for (const [at, wait] of waits.entries()) {
          listeners.tell({ of: 'a', at });
          await clock.advance(wait);
        }
        listeners.tell({ of: 'a', at: waits.length, last: true });
        assert.equal(heard.at(-1)?.at, waits.length);
        for (const [n, { when, at }] of heard.slice(0, -1).entries()) {
          const before = heard[n - 1];
          if (before) assert.ok(when - before.when >= every && at > before.at);
        }
      },
    ),
    { numRuns: 25 },
  );
});
