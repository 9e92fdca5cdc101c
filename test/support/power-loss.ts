import { defaults } from '../../src/config/defaults.ts';
import { slotLimitsOf } from '../../src/config/slots.ts';
import type { Disk } from '../../src/disk/disk.ts';
import { removeWork } from '../../src/disk/remove-work.ts';
import { Failure } from '../../src/downloads/failure.ts';
import type { Wish } from '../../src/downloads/states.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { createVolumes } from '../../src/engine/volumes.ts';
import { silentLog } from '../../src/log/log.ts';
import { LeaseKeeper } from '../../src/queue/lease-keeper.ts';
import { createScheduler } from '../../src/queue/scheduler.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import { openStore } from '../../src/store/open.ts';
import { NotPossible, type Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { Dice } from './dice.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';
import { behindPower, type Power, powerUntil } from './power.ts';
import { findings } from './power-loss-findings.ts';
import { changeWorld, createWorld, putForeign, type World } from './power-loss-world.ts';
import { recordingKind } from './recording-step.ts';
import { type Operation, simulatedDisk } from './simulated-disk.ts';

/** What was found out. */
export interface Found {
  /** How often the machine was looked at after its power went, or the process died. */
  readonly states: number;
  /** One sentence for each thing that was not as it must be. */
  readonly violations: readonly string[];
  /** How often downloads and files were found in which condition, so that it can be seen that all of them came up. */
  readonly seen: ReadonlyMap<string, number>;
}

/** The disk that a process works on; the tests that break the order on purpose put theirs here. */
export type Bend = (disk: Disk) => Disk;

/** Rounds of 100 ms within which everything must be done. */
const mostRounds = 3000;

/**
 * Tells stories, one for each seed from `seed` on, until the machine was found in so many states. In each a few
 * downloads run on a machine whose power goes again and again, or whose process dies, at any step of any
 * operation on disk or store. After each crash everything is held against `findings`; then it starts again, with
 * what the disk kept and what the store had committed, and at last runs until everything is delivered.
 */
export async function powerLossStories(seed: number, states: number, bend: Bend = (disk) => disk): Promise<Found> {
  const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
  const seen = new Map<string, number>();
  const violations: string[] = [];
  const note = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1);
  let looks = 0;
  try {
    for (let story = seed; looks < states; story += 1) {
      await tell(story, store, bend, async (world) => {
        looks += 1;
        for (const what of await findings(world, note)) violations.push(`story ${story}, look ${looks}: ${what}`);
      });
    }
  } finally {
    await store.close();
  }
  return { states: looks, violations, seen };
}

async function tell(seed: number, store: Store, bend: Bend, look: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld(seed, store);
  const { dice, medium, subjects } = world;
  for (let crashes = dice.between(2, 5); crashes > 0; crashes -= 1) {
    await live(world, powerUntil(dice.between(1, dice.pick([100, 300, 500]))), bend);
    if (dice.chance(0.6)) medium.crash(dice.between(0, 2 ** 31));
    await look(world);
    changeWorld(world);
  }
  world.isLast = true;
  await live(world, powerUntil(), bend);
  medium.crash(dice.between(0, 2 ** 31));
  await look(world);
  // The next story begins with an empty store.
  await store.rescue({ dead: [], expiredBefore: Number.MAX_SAFE_INTEGER }, world.now);
  for (const { id } of subjects) await store.forget(id, world.now);
}

/** One process, from its start until its power goes or all is done. */
async function live(world: World, power: Power, bend: Bend): Promise<void> {
  const clock = manualClock(world.now);
  const dead = Array.from({ length: world.boots }, (_, n) => `boot-${n + 1}`);
  world.boots += 1;
  const engine = engineOf(world, power, clock, bend);
  const parts = { engine, store: engine.store };
  const scheduler = createScheduler({
    ...parts,
    slots: 3,
    steps: 3,
    limits: slotLimitsOf(defaults),
    leaseTtl: 30_000,
    anyRunner: true,
  });
  const keeper = new LeaseKeeper({ ...parts, runs: scheduler.runs, ttl: 30_000, heartbeat: 10_000 });
  void engine.store
    .rescue({ dead, expiredBefore: 0 }, clock.now())
    .then(() => Promise.all([keeper.start(), scheduler.start()]));
  for (let round = 0; round < mostRounds && power.isOn && !(await isDone(world)); round += 1) {
    if (await peopleAct(world)) {
      scheduler.wake();
      keeper.look();
    }
    await clock.advance(100);
  }
  power.cut();
  world.now = clock.now();
  // What was handed to the store before the end is committed by then, and nothing after.
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

function engineOf(world: World, power: Power, clock: ManualClock, bend: Bend): EngineParts & { readonly store: Store } {
  const { dice, medium, links } = world;
  const nap = dice.pick([0, 30, 200]);
  const latency = () => (nap === 0 ? Promise.resolve() : clock.sleep(dice.between(0, nap)));
  const disk = bend(simulatedDisk(medium, { power, latency, links, fault: faultsOf(dice) }));
  const pause = dice.between(10, 300);
  world.writing = { disk, clock, chunk: dice.between(300, 5000), pace: () => clock.sleep(dice.between(1, pause)) };
  const store = behindPower(world.store, power, ['onChange', 'close', 'kind']);
  const instance = `boot-${world.boots}`;
  return {
    store,
    sourceNamed(name) {
      const subject = world.subjects.find((candidate) => candidate.name === name);
      if (!subject) throw new Failure('link', `no source ${name}`);
      return subject.source;
    },
    makeStep: async (spec) => stepRegistry([recordingKind]).make(spec),
    disk,
    volumes: createVolumes({ disk, store, clock, instance, headroom: 0 }),
    clock,
    log: silentLog,
    instance,
    random: () => 0,
    policy: {
      retry: { maxTries: 1000, firstWait: 0, longestWait: 0, spaceWait: 1000 },
      checkpoint: { bytes: 1, interval: 0 },
      shortFile: dice.pick([-1, 5000, 100_000]),
    },
  };
}

/**
 * Now and then the disk is not only cut off: it reports an error, is full for a moment, or a sync fails. Never all three
 * in one life: a download that meets them one after the other is given up.
 */
function faultsOf(dice: Dice): (operation: Operation) => string | undefined {
  const at = () => (dice.chance(0.2) ? dice.between(1, 200) : 0);
  const codes = new Map([
    [at(), 'EIO'],
    [at(), 'ENOSPC'],
  ]);
  let syncs = dice.chance(0.3) ? dice.between(1, 12) : 0;
  let left = 2;
  return ({ number, kind }) => {
    const isSync = kind === 'syncData' || kind === 'sync';
    if (isSync) syncs -= 1;
    const code = isSync && syncs === 0 ? 'EIO' : codes.get(number);
    if (code !== undefined) left -= 1;
    return left < 0 ? undefined : code;
  };
}

/** Now and then somebody pauses, cancels or goes on; at the last start whatever stands still goes on. True: somebody did. */
async function peopleAct(world: World): Promise<boolean> {
  const { dice, subjects } = world;
  if (dice.chance(0.01)) putForeign(world);
  let acted = false;
  for (const { id } of subjects) {
    const row = await world.store.get(id);
    const goesOn = row?.status === 'paused' ? 'resume' : 'retry';
    const stands = row?.status === 'paused' || row?.status === 'cancelled';
    const wish: Wish | undefined =
      stands && (world.isLast || dice.chance(0.2))
        ? goesOn
        : dice.chance(0.01)
          ? dice.pick(['pause', 'cancel', 'nudge'])
          : undefined;
    if (wish === undefined) continue;
    acted = (await wished(world, id, wish)) || acted;
  }
  return acted;
}

async function wished(world: World, id: number, wish: Wish): Promise<boolean> {
  try {
    const files = await world.store.files(id);
    const deleteFiles = wish === 'cancel' && world.dice.chance(0.5);
    const { download, obeyed } = await world.store.wish(id, { wish, deleteFiles }, world.now);
    if (obeyed && wish === 'cancel' && world.writing.disk) {
      // Not waited for: it never comes back when the power goes.
      const what = { partials: true, delivered: deleteFiles };
      removeWork(world.writing.disk, files, download.uid, what).catch(() => {});
    }
    return true;
  } catch (error) {
    if (error instanceof NotPossible) return false;
    throw error;
  }
}

async function isDone(world: World): Promise<boolean> {
  const ends = world.isLast ? ['completed', 'failed'] : ['completed', 'failed', 'paused', 'cancelled'];
  for (const { id } of world.subjects) if (!ends.includes((await world.store.get(id))?.status ?? '')) return false;
  return true;
}
