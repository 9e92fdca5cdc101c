import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Download } from '../downloads/download.ts';
import { statuses } from '../downloads/states.ts';
import { waits } from '../downloads/waiting.ts';
import { type QueueFacts, waitingOf } from './waiting.ts';

const instances = new Map([
  ['serve', { forAll: true }],
  ['get', { forAll: false }],
]);
const idle: QueueFacts = { closed: false, instances, leased: new Map() };
const busy: QueueFacts = {
  ...idle,
  leased: new Map([
    ['serve', 4],
    ['get', 1],
  ]),
};
const row = (more: Partial<Download> = {}) =>
  ({ status: 'pending', waitingFor: null, runner: null, downloadPath: null, wish: null, ...more }) as Download;

test('while hours hold in which nothing may run, that is what a pending download waits for', () => {
  const closed = { ...busy, closed: true };
  assert.equal(waitingOf(row(), closed), 'window');
  assert.equal(waitingOf(row({ runner: 'get' }), closed), 'window');
  assert.equal(waitingOf(row({ downloadPath: '/d/film.mkv' }), closed), 'slot', 'its bytes are in place');
  assert.equal(waitingOf(row({ wish: 'cancel' }), closed), null);
});

test('it waits for a slot while whoever will run it has others in hand', () => {
  assert.equal(waitingOf(row(), busy), 'slot');
  assert.equal(waitingOf(row({ runner: 'get' }), busy), 'slot');
  assert.equal(waitingOf(row({ runner: 'gone' }), busy), 'slot', 'its instance is gone: any may run it');
  assert.equal(waitingOf(row(), { ...busy, leased: new Map([['get', 1]]) }), null, 'nobody is there for it');
  assert.equal(waitingOf(row({ runner: 'get' }), { ...busy, leased: new Map([['serve', 1]]) }), null);
  assert.equal(waitingOf(row(), idle), null);
});

test('property: what a row says itself stays, and only pending rows are told more', () => {
  const facts = fc.constantFrom(idle, busy, { ...busy, closed: true });
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.constantFrom(...waits, null), facts, (status, waitingFor, known) => {
      const told = waitingOf(row({ status, waitingFor }), known);
      if (status !== 'pending' || waitingFor !== null) assert.equal(told, waitingFor);
    }),
  );
});
