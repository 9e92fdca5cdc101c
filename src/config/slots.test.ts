import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotLimitsOf } from './slots.ts';

const hosts = { '*.example.org': { slots: 3 }, 'one.example.org': { slots: 1 }, 'other.org:8443': { slots: 2 } };

test('a host has the slots of its most exact entry, otherwise those of every host', () => {
  const { ofHost } = slotLimitsOf({ queue: { slots_per_host: 5 }, hosts, categories: {} });
  assert.deepEqual(['a.example.org', 'one.example.org', 'other.org', 'other.org:8443', 'third.net', '-'].map(ofHost), [
    3,
    1,
    5,
    2,
    5,
    undefined,
  ]);
  const { ofHost: none } = slotLimitsOf({ queue: { slots_per_host: 'off' }, hosts: {}, categories: {} });
  assert.equal(none('third.net'), undefined);
});

test('an entry for a usual port holds for the host, whose port is not written', () => {
  const limits = {
    queue: { slots_per_host: 'off' as const },
    hosts: { 'a.org:443': { slots: 4 }, 'a.org:80': { slots: 2 } },
  };
  assert.equal(slotLimitsOf({ ...limits, categories: {} }).ofHost('a.org'), 2);
});

test('only a category of the configuration has slots', () => {
  const { ofCategory } = slotLimitsOf({
    queue: { slots_per_host: 'off' },
    hosts: {},
    categories: { films: { slots: 2 }, music: {} },
  });
  assert.deepEqual(['films', 'music', 'toString', null].map(ofCategory), [2, undefined, undefined, undefined]);
});
