import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaults } from '../../src/config/defaults.ts';
import { slotLimitsOf } from '../../src/config/slots.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import type { Run } from '../../src/engine/run.ts';
import { createVolumes } from '../../src/engine/volumes.ts';
import { silentLog } from '../../src/log/log.ts';
import { LeaseKeeper } from '../../src/queue/lease-keeper.ts';
import { createRescuer } from '../../src/queue/rescuer.ts';
import { createScheduler } from '../../src/queue/scheduler.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { watchDeadline } from '../../src/time/deadline.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { recordingKind } from '../support/recording-step.ts';
import { type ScriptedSource, scriptedSource } from '../support/scripted-source.ts';

const hour = 3_600_000;
const content = Buffer.alloc(50_000, 'One of them, never two. ');

for (const [name, jump] of Object.entries({ forward: hour, back: -hour })) {
  test(`a clock that jumps an hour ${name} makes no second holder, and the download is finished`, async (t) => {
    const { clock, engines, store, id, path, source } = await scene(t);
    for (const engine of engines) await engine.start();
    await source.waiting;
    for (let round = 0; round < 3; round += 1) {
      await watched(clock, engines, 20);
      clock.setWall(clock.now() + jump);
      assertOneHolder(engines);
      await watched(clock, engines, 80);
    }
    source.acts.length = 0;
    for (const engine of engines) for (const run of engine.runs.values()) run.stop({ by: 'shutdown' });
    while ((await store.get(id))?.status !== 'completed') {
      await clock.advance(1000);
      assertOneHolder(engines);
    }
    assert.deepEqual(await readFile(path), content);
    for (const engine of engines) await engine.stop();
  });
}

interface Engine {
  readonly runs: ReadonlyMap<number, Run>;
  start(): Promise<void>;
  stop(): Promise<void>;
  mayWrite(): boolean;
}

/** Two engines that know only what the store says, on one machine: one clock for both. */
async function scene(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-jump-'));
  const clock = manualClock();
  const { store } = await openStore({ path: ':memory:', clock, log: silentLog });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const source = scriptedSource(content, 'validator', () => ({ clock }));
  for (let n = 0; n < 100; n += 1) source.acts.push({ bytes: 100, ending: 'wait' });
  const asked = { source: 'scripted', link: 'scripted:1', linkKey: 'scripted:1', directory: folder, options: {} };
  const { download } = await store.add({ ...asked, metadata: {}, runner: null, ifExists: 'new' }, clock.now());
  const engines = ['a', 'b'].map((instance) => engineFor(instance, { store, clock, source }));
  return { clock, store, source, engines, id: download.id, path: join(folder, 'file.bin') };
}

function engineFor(instance: string, on: { store: Store; clock: ManualClock; source: ScriptedSource }): Engine {
  const { store, clock, source } = on;
  const engine: EngineParts = {
    store,
    clock,
    instance,
    sourceNamed: () => source,
    makeStep: async (spec) => stepRegistry([recordingKind]).make(spec),
    disk: realDisk,
    volumes: createVolumes({ disk: realDisk, store, clock, instance, headroom: 0 }),
    log: silentLog,
    random: () => 0,
    policy: {
      retry: { maxTries: 1000, firstWait: 0, longestWait: 0, spaceWait: 1000 },
      checkpoint: { bytes: 1, interval: 0 },
      shortFile: -1,
    },
  };
  const scheduler = createScheduler({
    engine,
    store,
    slots: 1,
    steps: 1,
    limits: slotLimitsOf(defaults),
    leaseTtl: 30_000,
    anyRunner: true,
  });
  const keeper = new LeaseKeeper({ engine, store, runs: scheduler.runs, ttl: 30_000, heartbeat: 10_000 });
  const rescuer = createRescuer({
    ...{ store, clock, log: silentLog, scan: 5000 },
    goneInstances: async () => ({ dead: [] }),
    onRescued: () => scheduler.wake(),
  });
  const services = [keeper, rescuer, scheduler];
  return {
    runs: scheduler.runs,
    start: async () => void (await Promise.all(services.map((service) => service.start()))),
    stop: async () => void (await Promise.all(services.map((service) => service.stop()))),
    mayWrite: () =>
      [...scheduler.runs.values()].some((run) => run.deadline !== undefined && !watchDeadline(run.deadline, clock)()),
  };
}

async function watched(clock: ManualClock, engines: readonly Engine[], looks: number): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    await clock.advance(500);
    assertOneHolder(engines);
  }
}

function assertOneHolder(engines: readonly Engine[]): void {
  assert.ok(engines.filter((engine) => engine.mayWrite()).length <= 1, 'both may write');
}
