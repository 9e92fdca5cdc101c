import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AddRequest } from '../../src/commands/commands.ts';
import type { Config } from '../../src/config/config.ts';
import { defaults } from '../../src/config/defaults.ts';
import { Failure } from '../../src/downloads/failure.ts';
import type { Status } from '../../src/downloads/states.ts';
import { openInstance } from '../../src/instance/instance.ts';
import type { Longhaul } from '../../src/instance/longhaul.ts';
import { silentLog } from '../../src/log/log.ts';
import { sourceRegistry } from '../../src/sources/registry.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import { openStore } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

/** Everything but the network: a queue whose downloads run until they are stopped. */
async function onStage(context: TestContext, config: Partial<Config>) {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-queue-'));
  const path = join(root, 'longhaul.db');
  const source = scriptedSource(Buffer.from('content'));
  for (let n = 0; n < 20; n += 1) source.acts.push({ bytes: 1, ending: 'wait' });
  const opened: Longhaul[] = [];
  context.after(async () => {
    for (const longhaul of opened) await longhaul.close();
    await rm(root, { recursive: true, force: true });
  });
  const open = async (role: 'library' | 'get' = 'library') => {
    const { store } = await openStore({ path, clock: systemClock, log: silentLog });
    const longhaul = await openInstance({
      config: { ...defaults, ...config } as Config,
      paths: { sockets: join(root, 'sockets') },
      ...{ log: silentLog, clock: systemClock, store, warnings: [], role, engine: true },
      ...{ anyRunner: role === 'library', slots: config.queue?.slots ?? 4, sharesSlots: role === 'library' },
      backupIfDue: async () => undefined,
      steps: { load: async () => stepRegistry([]) },
      sources: {
        load: async () => sourceRegistry([source], ['scripted:']),
        readText: () => Promise.reject(new Error('nothing to read')),
        readBytes: () => Promise.reject(new Error('nothing to read')),
        close: async () => {},
      },
    });
    opened.push(longhaul);
    return longhaul;
  };
  let links = 0;
  const add = async (longhaul: Longhaul, host: string, more: Partial<AddRequest> = {}) => {
    links += 1;
    const link = `scripted://${host}/${links}`;
    return (await longhaul.commands.add({ link, directory: root, ...more })).download.id;
  };
  return { open, add };
}

const status = async ({ commands }: Longhaul, id: number) => (await commands.show(String(id))).download.status;
const waits = async ({ commands }: Longhaul, id: number) => (await commands.show(String(id))).download.waitingFor;

/** Resolves when these have come to this state. */
async function reach(longhaul: Longhaul, wanted: Status, ...ids: number[]): Promise<void> {
  const missing = new Set(ids);
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (id: number) => {
    missing.delete(id);
    if (missing.size === 0) resolve();
  };
  const stop = longhaul.onEvent((event) => event.to === wanted && look(event.downloadId));
  for (const id of ids) if ((await status(longhaul, id)) === wanted) look(id);
  await promise;
  stop();
}

const queue = (more: Partial<Config['queue']>) => ({ queue: { ...defaults.queue, ...more } });

test('a host has no more than its slots, others go before, and the one that waits says for what', async (context) => {
  const { open, add } = await onStage(context, queue({ slots: 3, slots_per_host: 1 }));
  const longhaul = await open();
  const [a, a2, b, c] = [
    await add(longhaul, 'a'),
    await add(longhaul, 'a'),
    await add(longhaul, 'b'),
    await add(longhaul, 'c'),
  ];
  const d = await add(longhaul, 'd');
  await reach(longhaul, 'downloading', a, b, c);
  assert.deepEqual([await waits(longhaul, a2), await waits(longhaul, d)], ['host', 'slot']);
  assert.match(
    (await longhaul.commands.show(String(a2))).why,
    /its host is busy with as many downloads as are allowed/,
  );
  await longhaul.commands.control(String(b), { wish: 'cancel' });
  await reach(longhaul, 'downloading', d);
  await longhaul.commands.control(String(a), { wish: 'pause' });
  await reach(longhaul, 'downloading', a2);
});

test('a category has its slots and its priority, and one that is unknown is refused with the known ones', async (context) => {
  const categories = { films: { slots: 1, priority: 7 }, music: {} };
  const { open, add } = await onStage(context, { ...queue({ slots: 3 }), categories });
  const longhaul = await open();
  const [first, second] = [
    await add(longhaul, 'a', { category: 'films' }),
    await add(longhaul, 'b', { category: 'films' }),
  ];
  const music = await add(longhaul, 'a', { category: 'music' });
  await reach(longhaul, 'downloading', first, music);
  assert.equal(await waits(longhaul, second), 'category');
  const { download } = await longhaul.commands.show(String(second));
  assert.deepEqual([download.priority, download.category], [7, 'films']);
  await assert.rejects(add(longhaul, 'a', { category: 'film' }), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.message, 'there is no category "film"; known are films, music');
    return error.class === 'link';
  });
  await longhaul.commands.set(String(second), { category: null });
  await reach(longhaul, 'downloading', second);
  await assert.rejects(longhaul.commands.set(String(second), { category: 'x' }), Failure);
});

test('what was moved to the top is begun next, and a higher priority before that', async (context) => {
  const { open, add } = await onStage(context, queue({ slots: 1 }));
  const longhaul = await open();
  const running = await add(longhaul, 'a');
  await reach(longhaul, 'downloading', running);
  const [, last, urgent] = [await add(longhaul, 'b'), await add(longhaul, 'a'), await add(longhaul, 'a')];
  await longhaul.commands.move(String(last), 'top');
  await longhaul.commands.set(String(urgent), { priority: 1 });
  assert.deepEqual(
    (await longhaul.commands.queued({ limit: 2 })).map(({ id }) => id),
    [urgent, last],
  );
  await longhaul.commands.control(String(running), { wish: 'pause' });
  await reach(longhaul, 'downloading', urgent);
  await longhaul.commands.control(String(urgent), { wish: 'pause' });
  await reach(longhaul, 'downloading', last);
});

/** Resolves when so many of these run. */
async function untilRun(longhaul: Longhaul, ids: readonly number[], count: number): Promise<readonly number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
  const look = async () => {
    const running = (await longhaul.commands.list({ statuses: ['downloading'] })).map(({ id }) => id);
    const ours = running.filter((id) => ids.includes(id));
    assert.ok(ours.length <= count, `${ours} run at the same time`);
    if (ours.length === count) resolve(ours);
  };
  const stop = longhaul.onEvent(() => void look().catch(reject));
  await look();
  const running = await promise;
  stop();
  return running;
}

test('two processes that run what belongs to nobody share the slots; a get has its own', async (context) => {
  const { open, add } = await onStage(context, queue({ slots: 2 }));
  const [one, two, get] = [await open(), await open(), await open('get')];
  const ids: number[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await add(one, `host${n}`));
  const own = [await add(get, 'x', { runner: get.instance }), await add(get, 'y', { runner: get.instance })];
  await reach(two, 'downloading', ...own);
  for (let n = 0; n < 3; n += 1) {
    const [running = 0] = await untilRun(one, ids, 2);
    await two.commands.control(String(running), { wish: 'cancel' });
    await reach(two, 'cancelled', running);
  }
  await untilRun(one, ids, 2);
});
