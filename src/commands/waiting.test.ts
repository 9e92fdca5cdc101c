import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Download } from '../downloads/download.ts';
import { statuses } from '../downloads/states.ts';
import { waits } from '../downloads/waiting.ts';
import type { Leased } from '../store/queue-facts.ts';
import { type QueueFacts, waitingOf } from './waiting.ts';

const instances = new Map([
  ['serve', { forAll: true }],
  ['get', { forAll: false }],
]);
const now = 1_700_000_000_000;
const holds = (instance: string, count: number, more: Partial<Leased> = {}): Leased => ({
  ...{ instance, machine: 'here', role: instance, host: 'other', category: null, status: 'downloading', count },
  ...more,
});
const slots = { ofHost: () => undefined, ofCategory: () => undefined };
const idle: QueueFacts = { now, closed: false, instances, leased: [], slots };
const busy: QueueFacts = { ...idle, leased: [holds('serve', 4), holds('get', 1)] };
const row = (more: Partial<Download> = {}) =>
  ({
    ...{ status: 'pending', waitingFor: null, runner: null, downloadPath: null, wish: null, host: 'host' },
    ...{ category: 'films', nextAttemptAt: null, options: {}, ...more },
  }) as Download;

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
  assert.equal(waitingOf(row(), { ...busy, leased: [holds('get', 1)] }), null, 'it is about to be taken');
  assert.equal(waitingOf(row({ runner: 'get' }), { ...busy, leased: [holds('serve', 1)] }), null);
  assert.equal(waitingOf(row(), idle), null);
  const inPlace = { downloadPath: '/d/film.mkv', options: { steps: ['checksum'] } };
  assert.equal(waitingOf(row(inPlace), busy), 'step', 'its bytes are in place');
  assert.equal(waitingOf(row(inPlace), idle), null);
});

test('what somebody let go a moment ago is not said to wait for a slot: whoever has one free takes it', () => {
  assert.equal(waitingOf(row({ leaseToken: 1, updatedAt: now - 500 }), busy), null);
  assert.equal(waitingOf(row({ leaseToken: 1, updatedAt: now - 1000 }), busy), 'slot');
  assert.equal(waitingOf(row({ leaseToken: 0, updatedAt: now }), busy), 'slot', 'a new one finds them taken');
});

test('it waits for its host or its category while as many of those are fetched as may be', () => {
  const full: QueueFacts = {
    ...idle,
    leased: [holds('get', 2, { host: 'host' }), holds('serve', 1, { category: 'films' })],
    slots: {
      ofHost: (host) => (host === 'host' ? 2 : undefined),
      ofCategory: (category) => (category === 'films' ? 1 : undefined),
    },
  };
  assert.equal(waitingOf(row(), full), 'host');
  assert.equal(waitingOf(row({ host: 'third' }), full), 'category');
  assert.equal(waitingOf(row({ host: 'third', category: null }), full), 'slot');
  assert.equal(waitingOf(row({ downloadPath: '/d/film.mkv' }), full), 'slot', 'its bytes are in place');
  const steps = full.leased.map((leased) => ({ ...leased, status: 'processing' as const }));
  assert.equal(waitingOf(row(), { ...full, leased: steps }), 'slot', 'steps are no burden to a host');
});

test('it waits for an instance while nobody is there who would run it', () => {
  const none = { ...idle, instances: new Map() };
  assert.equal(waitingOf(row(), none), 'instance');
  assert.equal(waitingOf(row({ runner: 'get' }), none), 'instance');
  assert.equal(waitingOf(row(), { ...idle, instances: new Map([['get', { forAll: false }]]) }), 'instance');
});

test('one whose next try is due waits for its turn, and before that for its time', () => {
  const retrying = row({ status: 'retrying', waitingFor: 'backoff', nextAttemptAt: now });
  assert.equal(waitingOf(retrying, busy), 'slot');
  assert.equal(waitingOf(retrying, { ...busy, now: now - 1 }), 'backoff');
});

test('property: what a row says itself stays, and only pending rows are told more', () => {
  const facts = fc.constantFrom(idle, busy, { ...busy, closed: true });
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.constantFrom(...waits, null), facts, (status, waitingFor, known) => {
      const told = waitingOf(row({ status, waitingFor, nextAttemptAt: now + 1 }), known);
      if (status !== 'pending' || waitingFor !== null) assert.equal(told, waitingFor);
    }),
  );
});

test('a running torrent waits for metadata until it is known what it contains, and for peers when nothing comes', () => {
  const running = { status: 'downloading', source: 'torrent', updatedAt: now - 1000 } as const;
  assert.equal(waitingOf(row({ ...running, totalBytes: null }), idle), 'metadata');
  assert.equal(waitingOf(row({ ...running, totalBytes: 5 }), idle), null);
  assert.equal(waitingOf(row({ ...running, totalBytes: 5, updatedAt: now - 61_000 }), idle), 'peers');
  assert.equal(waitingOf(row({ ...running, source: 'http', totalBytes: null }), idle), null);
});
