import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Candidate, Turn } from '../store/queue-facts.ts';
import { choose, fullOf, type Limits, loadOf } from './choose.ts';

let ids = 0;
const row = (more: Partial<Candidate> = {}): Candidate => {
  ids += 1;
  return {
    id: ids,
    priority: 0,
    position: ids,
    category: null,
    host: 'a',
    wish: null,
    inPlace: false,
    stepsLeft: false,
    ...more,
  };
};
const noTurn: Turn = { category: undefined, hosts: new Map() };
const idle: Limits = {
  free: 10,
  freeSteps: 10,
  running: new Set(),
  closed: false,
  load: loadOf([]),
  ofHost: () => undefined,
  ofCategory: () => undefined,
};
const chosen = (candidates: readonly Candidate[], limits: Partial<Limits> = {}) =>
  choose(candidates, { ...idle, ...limits }, noTurn).chosen;
const busy = (host: string, count: number, category: string | null = null) => ({
  ...{ host, category, count, status: 'downloading' as const },
});

test('the first in order that do not run already, as many as there are free slots', () => {
  const [a, b, c, d] = [row(), row(), row(), row()];
  assert.deepEqual(chosen([a, b, c, d], { free: 2, running: new Set([a.id]) }), [b, c]);
  assert.deepEqual(chosen([d, b, a, c], { free: 3 }), [a, b, c]);
  assert.deepEqual(chosen([a], { free: -1 }), []);
});

test('what is to be cleared away goes first, then the higher priority, then what a person put at the top', () => {
  const [plain, high] = [row(), row({ priority: 5, host: 'b' })];
  const [top, second] = [row({ position: -5, host: 'c' }), row({ position: -1, host: 'b' })];
  const away = row({ wish: 'cancel', priority: -9 });
  assert.deepEqual(chosen([plain, high, second, top, away]), [away, high, top, second, plain]);
});

test('in hours in which nothing may be fetched only what needs no fetching goes on', () => {
  const [plain, cancelled, there] = [row(), row({ wish: 'cancel' }), row({ inPlace: true })];
  assert.deepEqual(chosen([plain, cancelled, there], { closed: true }), [cancelled, there]);
});

test('a host and a category get no more than their slots; bytes that are in place are no burden', () => {
  const [a, a2, b] = [row(), row(), row({ host: 'b', category: 'films' })];
  const there = row({ inPlace: true });
  const limits = { ofHost: (host: string) => (host === 'a' ? 1 : undefined) };
  assert.deepEqual(chosen([a, a2, b, there], limits), [there, a, b]);
  assert.deepEqual(chosen([a, b], { ...limits, load: loadOf([busy('a', 1)]) }), [b]);
  const ofCategory = (category: string | null) => (category === 'films' ? 2 : undefined);
  assert.deepEqual(chosen([a, b], { ofCategory, load: loadOf([busy('x', 2, 'films')]) }), [a]);
});

test('what has steps left takes a place for steps and no slot, by priority; what has none ends in any case', () => {
  const [a, b, ended] = [row(), row(), row({ inPlace: true })];
  const [first, high] = [row({ inPlace: true, stepsLeft: true }), row({ inPlace: true, stepsLeft: true, priority: 1 })];
  const all = [a, b, ended, first, high];
  assert.deepEqual(chosen(all, { free: 2, freeSteps: 1 }), [ended, a, high]);
  assert.deepEqual(chosen(all, { free: 0, freeSteps: 2 }), [high, first]);
  assert.deepEqual(chosen(all, { free: 3, freeSteps: -1 }), [ended, a, b]);
  const cancelled = row({ inPlace: true, stepsLeft: true, wish: 'cancel' });
  assert.deepEqual(chosen([cancelled], { free: 1, freeSteps: 0 }), [cancelled]);
});

test('of hosts the one with least at work goes first, and so of categories, however many hosts they have', () => {
  const [a, b, b2] = [row(), row({ host: 'b' }), row({ host: 'b' })];
  assert.deepEqual(chosen([a, b, b2], { free: 2, load: loadOf([busy('a', 2)]) }), [b, b2]);
  const wide = ['c', 'd', 'e'].map((host) => row({ host, category: 'wide' }));
  const narrow = [row({ category: 'narrow' }), row({ category: 'narrow' })];
  assert.deepEqual(chosen([...wide, ...narrow], { free: 4 }), [wide[0], narrow[0], wide[1], narrow[1]]);
});

test('of equals the one that is offered first goes first, and is remembered', () => {
  const [a, b] = [row({ host: 'b' }), row({ host: 'a' })];
  const { chosen: one, turn } = choose([a, b], { ...idle, free: 1 }, noTurn);
  assert.deepEqual(one, [a]);
  assert.deepEqual(turn, { category: '-', hosts: new Map([['-', 'b']]) });
});

test('what is full is told by the load', () => {
  const load = loadOf([busy('a', 2), busy('b', 1, 'films'), { ...busy('c', 9), status: 'processing' }]);
  const full = fullOf(load, { ofHost: () => 2, ofCategory: (name) => (name === 'films' ? 1 : undefined) });
  assert.deepEqual(full, { hosts: new Set(['a']), categories: new Set(['films']) });
});

test('property: limits hold, nothing is chosen twice, and no slot stays free that something would fit', () => {
  const some = fc.array(
    fc.record({
      priority: fc.integer({ min: -1, max: 1 }),
      category: fc.constantFrom(null, 'films', 'music'),
      host: fc.constantFrom('a', 'b', 'c'),
      inPlace: fc.boolean(),
      wish: fc.constantFrom(null, 'cancel' as const),
    }),
    { maxLength: 30 },
  );
  const counts = fc.record({ free: fc.integer({ min: -2, max: 9 }), host: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(
      some,
      counts,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      (wanted, { free, host }, category, closed) => {
        const candidates = wanted.map((each) => row(each));
        const load = loadOf([busy('a', 1, 'films'), busy('b', 2)]);
        const limits = {
          ...idle,
          free,
          closed,
          load,
          ofHost: () => host,
          ofCategory: (name: string | null) => (name ? category : undefined),
        };
        const picked = chosen(candidates, limits);
        assert.equal(new Set(picked).size, picked.length);
        assert.ok(picked.length <= Math.max(0, free));
        const fetched = picked.filter((each) => !each.inPlace && each.wish === null);
        assert.ok(!closed || fetched.length === 0);
        const after = loadOf([
          busy('a', 1, 'films'),
          busy('b', 2),
          ...fetched.map((each) => busy(each.host, 1, each.category)),
        ]);
        for (const [name, count] of after.hosts) assert.ok(count <= Math.max(host, load.hosts.get(name) ?? 0), name);
        for (const [name, count] of after.categories) {
          if (name !== '-') assert.ok(count <= Math.max(category, load.categories.get(name) ?? 0), name);
        }
        if (picked.length >= free) return;
        const full = fullOf(after, limits);
        for (const left of candidates) {
          if (picked.includes(left)) continue;
          assert.ok(!left.inPlace && left.wish === null);
          assert.ok(closed || full.hosts.has(left.host) || full.categories.has(left.category ?? '-'));
        }
      },
    ),
  );
});
