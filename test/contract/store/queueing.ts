import assert from 'node:assert/strict';
import type { CandidateFilter } from '../../../src/store/queue-facts.ts';
import type { NewDownload, Store } from '../../../src/store/store.ts';
import { added, anybody, claimed, delivered, inState, me, now, type Promises, present, running, ttl } from './scene.ts';

let files = 0;

/** Adds a download from this host. */
async function from(store: Store, host: string, more: Partial<NewDownload> = {}): Promise<number> {
  files += 1;
  const link = `http://${host}/q${files}`;
  return (await added(store, { link, linkKey: link, ...more })).id;
}

async function look(store: Store, more: Partial<CandidateFilter> = {}): Promise<number[]> {
  return (await store.candidates({ ...anybody, ...more })).map(({ id }) => id);
}

const served = (category: string, hosts: Readonly<Record<string, string>>) => ({
  turn: { category, hosts: new Map(Object.entries(hosts)) },
});

/** Whose turn it is, however many wait. */
export const queueingPromises: Promises = {
  'a look at the queue reads a few of each host, not all that wait': async (store) => {
    const [first = 0] = await Promise.all(Array.from({ length: 300 }, () => from(store, 'many.net')));
    const other = await from(store, 'few.net');
    const found = await store.candidates({ ...anybody, limit: 2 });
    assert.deepEqual(
      found.map(({ id, host }) => [id, host]),
      [
        [other, 'few.net'],
        [first, 'many.net'],
        [first + 1, 'many.net'],
      ],
    );
  },

  'hosts come in turns: after the one that was served last, around to it': async (store) => {
    const [a, b, c] = [await from(store, 'a'), await from(store, 'b'), await from(store, 'c')];
    assert.deepEqual(await look(store), [a, b, c]);
    assert.deepEqual(await look(store, served('-', { '-': 'a' })), [b, c, a]);
    assert.deepEqual(await look(store, served('-', { '-': 'c' })), [a, b, c]);
    assert.deepEqual(await look(store, served('-', { '-': 'bb' })), [c, a, b], 'that host is gone');
  },

  'so do categories, and what has none is one of them': async (store) => {
    const [none, films] = [await from(store, 'a'), await from(store, 'a', { category: 'films' })];
    const music = await from(store, 'a', { category: 'music' });
    assert.deepEqual(await look(store), [none, films, music]);
    assert.deepEqual(await look(store, served('films', { films: 'a' })), [music, none, films]);
  },

  'of what is full nothing is offered, and others of lower priority are': async (store) => {
    const [a] = [await from(store, 'a', { priority: 9 }), await from(store, 'a', { priority: 9, category: 'films' })];
    const b = await from(store, 'b', { priority: 9, category: 'films' });
    const low = await from(store, 'b', { priority: -1 });
    const full = (hosts: string[], categories: string[]) =>
      look(store, { limit: 1, full: { hosts: new Set(hosts), categories: new Set(categories) } });
    assert.deepEqual(await full(['a'], []), [b]);
    assert.deepEqual(await full([], ['films']), [a]);
    assert.deepEqual(await full(['a'], ['films']), [low]);
    assert.deepEqual(await full(['a', 'b'], []), []);
  },

  'in closed hours only what needs no fetching is offered': async (store) => {
    await from(store, 'a');
    const { claim } = await running(store);
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'pending', why: 'shutdown' }, now);
    assert.deepEqual(await look(store, { closed: true }), [claim.download.id]);
    const [candidate] = await store.candidates({ ...anybody, closed: true });
    assert.equal(candidate?.inPlace, true);
  },

  'a claim counts what others hold: of the host, of the category, and of the machine': async (store) => {
    const beat = { host: 'here', pid: 1, socketPath: '/s', startedAt: now, beatAt: now };
    await store.registerInstance({ ...beat, uid: 'serve', role: 'serve' });
    await store.registerInstance({ ...beat, uid: me, role: 'library' });
    await store.registerInstance({ ...beat, uid: 'get', role: 'get' });
    await claimed(store, await from(store, 'a', { category: 'films' }), 'serve');
    await claimed(store, await from(store, 'a'), 'get');
    const [films, plain] = [await from(store, 'a', { category: 'films' }), await from(store, 'a')];
    const claim = async (id: number, within: Parameters<Store['claim']>[4]) =>
      (await store.claim(id, me, now + ttl, now, within)) !== undefined;
    assert.equal(await claim(plain, { host: 2 }), false);
    assert.equal(await claim(films, { category: 1 }), false);
    assert.equal(
      await claim(films, { slots: { machine: 'here', most: 1 } }),
      false,
      'serve holds one, get is not counted',
    );
    assert.equal(await claim(plain, { host: 3, category: 1, slots: { machine: 'here', most: 2 } }), true);
    assert.equal(await claim(films, { slots: { machine: 'here', most: 2 } }), false);
    assert.equal(await claim(films, { slots: { machine: 'there', most: 1 }, category: 2, host: 4 }), true);
  },

  'who has steps left takes a place for steps and no slot, and waits where all are taken': async (store) => {
    const beat = { host: 'here', pid: 1, socketPath: '/s', startedAt: now, beatAt: now };
    await store.registerInstance({ ...beat, uid: me, role: 'serve' });
    const place = { machine: 'here', most: 1 };
    const claim = async (id: number) =>
      (await store.claim(id, me, now + ttl, now, { slots: place, steps: place })) !== undefined;
    const inPlace = async (options: { steps?: string[] }) => {
      const { claim: own } = await running(store, { options });
      await store.change(own.lease, delivered, now);
      return own;
    };
    const first = await inPlace({ steps: ['checksum'] });
    assert.equal(await store.waitForSteps(first.lease, place, now), false, 'there is a place');
    const second = await inPlace({ steps: ['checksum'] });
    assert.equal(await store.waitForSteps(second.lease, place, now), true);
    assert.deepEqual((await store.get(second.download.id))?.status, 'pending');
    const ended = await inPlace({});
    await store.change(ended.lease, { to: 'pending', why: 'shutdown' }, now);
    const offered = await store.candidates({ ...anybody, limit: 1, steps: 1 });
    const facts = offered.map(({ id, inPlace: there, stepsLeft }) => [id, there, stepsLeft]);
    assert.deepEqual(facts, [
      [ended.download.id, true, false],
      [second.download.id, true, true],
    ]);
    assert.deepEqual(await look(store, { steps: 0 }), [ended.download.id]);
    const last = await inPlace({ steps: ['checksum'] });
    await store.beginStep(last.lease, 0, now);
    await store.completeStep(last.lease, 0, { outcome: {}, moved: [] }, now);
    await store.change(last.lease, { to: 'pending', why: 'shutdown' }, now);
    assert.deepEqual(await look(store, { steps: 0 }), [ended.download.id, last.download.id], 'its steps are done');
    assert.equal(await claim(second.download.id), false);
    assert.equal(await claim(ended.download.id), true, 'it only has to end');
    assert.equal(await claim(await from(store, 'a')), true, 'steps take no slot');
  },

  'what is sent nothing takes no slot, of whatever kind, until it moves or its state changes': async (store) => {
    const beat = { host: 'here', pid: 1, socketPath: '/s', startedAt: now, beatAt: now };
    await store.registerInstance({ ...beat, uid: 'serve', role: 'serve' });
    const id = await from(store, 'a', { category: 'films' });
    const { lease } = await claimed(store, id, 'serve');
    const next = await from(store, 'a', { category: 'films' });
    const limits = { slots: { machine: 'here', most: 1 }, host: 1, category: 1 };
    const claim = () => store.claim(next, 'serve', now + ttl, now, limits);
    assert.equal(await claim(), undefined);
    await store.setIdle({ ...lease, token: lease.token + 1 }, true);
    assert.equal((await store.leased()).length, 1, 'a lost lease says nothing');
    await store.setIdle(lease, true);
    assert.deepEqual(await store.leased(), []);
    const other = present(await claim());
    await store.change(other.lease, { to: 'pending', why: 'shutdown' }, now);
    await store.setIdle(lease, false);
    assert.equal(await claim(), undefined);
    await store.setIdle(lease, true);
    await store.change(lease, { to: 'pending', why: 'shutdown' }, now);
    await claimed(store, id, 'serve');
    assert.equal(await claim(), undefined, 'claimed anew it has a slot');
  },

  'of twenty who claim at once no more than the host has slots get one': async (store) => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => from(store, 'narrow')));
    const claims = await Promise.all(ids.map((id, n) => store.claim(id, `i${n}`, now + ttl, now, { host: 3 })));
    assert.equal(claims.filter(Boolean).length, 3);
  },

  'what was a gone instance’s own becomes anybody’s, some at a time, also while paused': async (store) => {
    for (let n = 0; n < 3; n += 1) await from(store, 'a', { runner: n === 1 ? 'dead-too' : 'dead' });
    const paused = await inState(store, 'paused');
    await store.adopt(paused.id, null, 'dead', now);
    assert.equal(await store.freeOrphans(2), 2);
    assert.equal(await store.freeOrphans(2), 2);
    assert.equal(await store.freeOrphans(2), 0);
    assert.equal((await store.get(paused.id))?.runner, null);
    assert.equal((await look(store)).length, 3);
  },

  'one that is tried again after its end belongs to nobody when its instance is gone': async (store) => {
    const { claim } = await running(store, { runner: 'dead' });
    await store.change(claim.lease, { to: 'cancelled' }, now);
    await store.wish(claim.download.id, { wish: 'retry' }, now);
    assert.deepEqual(await look(store), [claim.download.id]);
  },
};
