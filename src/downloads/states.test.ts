import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnfinished, mayChange, mayWish, meaning, statuses, wishes, wishLeadsTo } from './states.ts';

test('every state has a meaning, and every state but the last can be left', () => {
  for (const status of statuses) {
    assert.ok(meaning[status].length > 0);
    assert.ok(
      statuses.some((to) => mayChange(status, to)),
      status,
    );
  }
});

test('every state can be reached from pending', () => {
  const reached = new Set<string>(['pending']);
  for (let grew = true; grew; ) {
    grew = false;
    for (const from of statuses.filter((status) => reached.has(status))) {
      for (const to of statuses) if (mayChange(from, to) && !reached.has(to)) grew = reached.add(to) !== undefined;
    }
  }
  assert.deepEqual([...reached].toSorted(), [...statuses].toSorted());
});

test('an allowed wish always leads along a legal change', () => {
  for (const wish of wishes) {
    const to = wish in wishLeadsTo ? wishLeadsTo[wish as keyof typeof wishLeadsTo] : undefined;
    if (to) for (const from of statuses) if (mayWish(from, wish)) assert.ok(mayChange(from, to), `${wish} in ${from}`);
  }
});

test('what was delivered can be neither paused, resumed, cancelled nor retried', () => {
  for (const wish of ['pause', 'resume', 'cancel', 'retry', 'nudge'] as const)
    assert.equal(mayWish('completed', wish), false);
  assert.equal(mayWish('completed', 'remove'), true);
});

test('the unfinished states are those from which a download may still be delivered by itself or after a resume', () => {
  assert.deepEqual(statuses.filter(isUnfinished), ['pending', 'downloading', 'processing', 'retrying', 'paused']);
});
