import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { type Log, silentLog } from '../log/log.ts';
import { openStore } from '../store/open.ts';
import { createRegistration } from './registration.ts';

const heartbeat = 10_000;

async function stage() {
  const clock = manualClock(1_795_257_231_720);
  const { store } = await openStore({ path: ':memory:', clock, log: silentLog });
  const said: string[] = [];
  const keep = (_: unknown, text?: string) => void said.push(text ?? '');
  const log: Log = { ...silentLog, warn: keep, info: keep };
  const server = (uid: string, pid: number) =>
    createRegistration({
      instance: { uid, host: 'tower', pid, role: 'serve', socketPath: '', startedAt: clock.now() },
      name: 'nas',
      ...{ store, clock, log, heartbeat },
      living: { isAlive: async () => true, bury: async () => {} },
    });
  return { clock, store, said, server };
}

test('a server that was forgotten as silent has its name again when it comes to', async () => {
  const { clock, store, said, server } = await stage();
  const first = server('a', 1);
  await first.start();
  await store.rescue({ dead: [], silent: ['a'], expiredBefore: 0 }, clock.now());
  await clock.advance(heartbeat);
  const late = server('b', 2);
  await assert.rejects(late.start(), /runs here already under the name "nas" \(process 1 on tower\)/);
  await late.stop();
  assert.deepEqual(said, []);
  await first.stop();
  await store.close();
});

test('one whose name another has meanwhile says so once, goes on, and has it again when that one ends', async () => {
  const { clock, store, said, server } = await stage();
  const [first, second] = [server('a', 1), server('b', 2)];
  await first.start();
  await store.rescue({ dead: [], silent: ['a'], expiredBefore: 0 }, clock.now());
  await second.start();
  await clock.advance(heartbeat);
  await clock.advance(heartbeat);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /another one has its name "nas" now \(process 2 on tower\); both go on; stop one/);
  assert.deepEqual((await store.instances()).map(({ uid }) => uid).toSorted(), ['a', 'b']);
  await second.stop();
  await clock.advance(heartbeat);
  assert.match(said[1] ?? '', /^the name "nas" is this server's again$/);
  assert.equal((await store.takeName('nas', 'c', clock.now()))?.uid, 'a');
  await first.stop();
  await store.close();
});
