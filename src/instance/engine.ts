import type { Living } from '../commands/parts.ts';
import type { Config } from '../config/config.ts';
import { settingsOfHost } from '../config/hosts.ts';
import { bytesPerSecond } from '../config/rate.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { ProgressReport } from '../downloads/events.ts';
import type { EngineParts, EnginePolicy } from '../engine/parts.ts';
import { createVolumes } from '../engine/volumes.ts';
import type { Log } from '../log/log.ts';
import { IdleKeeper } from '../queue/idle-keeper.ts';
import { LeaseKeeper } from '../queue/lease-keeper.ts';
import { RateKeeper, type RateKeeperParts } from '../queue/rate-keeper.ts';
import { createRescuer } from '../queue/rescuer.ts';
import { createScheduler, type Scheduler } from '../queue/scheduler.ts';
import { Seeder } from '../queue/seeder.ts';
import type { Service } from '../queue/service.ts';
import { createTidier } from '../queue/tidier.ts';
import type { Sources } from '../sources/registry.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { LiveSettings } from './live-settings.ts';
import { type Mortuary, socketPath } from './living.ts';
import type { Role } from './longhaul.ts';
import type { LazySteps } from './open-steps.ts';
import { createPeers } from './peers.ts';
import { createRegistration } from './registration.ts';
import { createInstanceSocket } from './socket.ts';
import { tidyParts } from './tidy-parts.ts';

export interface EngineSetup {
  readonly uid: string;
  readonly host: string;
  readonly role: Role;
  readonly config: Config;
  readonly settings: LiveSettings;
  /** No other living `serve` may have it. */
  readonly name?: string;
  readonly paths: { readonly sockets: string };
  readonly log: Log;
  readonly clock: Clock;
  readonly store: Store;
  readonly backupIfDue: (now: number) => Promise<unknown>;
  readonly sources: Sources;
  readonly steps: LazySteps;
  readonly anyRunner: boolean;
  /** Left out: as the settings say. */
  readonly slots?: number;
  /** With the other instances of this machine that run what belongs to nobody. */
  readonly sharesSlots: boolean;
  readonly living: Living & Mortuary;
  /** The database is not where it was any more: nothing can be written until it is opened anew. May come repeatedly. */
  readonly onLost?: () => void;
  /** Hears how each operation ended. */
  tell(report: ProgressReport): void;
}

export interface Engine extends Service {
  /** After a change of the store: there may be work or a wish. */
  look(): void;
  reports(): readonly ProgressReport[];
  /** A download was completed, by whomever. */
  completed(): void;
}

/** The doing wing of an instance: socket, rescuer, scheduler and lease keeper, started and stopped in order. */
export function createEngine(setup: EngineSetup): Engine {
  const { uid, config, clock, log, store, settings } = setup;
  const { ttl, heartbeat, scan } = config.lease;
  const followers = new Set([setup.tell]);
  const engine = engineParts(setup, followers);
  const scheduler: Scheduler = createScheduler({
    engine,
    store,
    get slots() {
      return setup.slots ?? settings.config.queue.slots;
    },
    get steps() {
      return settings.config.queue.steps;
    },
    ...(setup.sharesSlots ? { machine: setup.host } : {}),
    get limits() {
      return settings.slotLimits;
    },
    idle: () => idlers.idle,
    leaseTtl: ttl,
    anyRunner: setup.anyRunner,
    closedUntil: (now) => settings.schedule.closedUntil(now),
    onRun: (run) => {
      rates.admit(run);
      if (run.claim.download.wish) keeper.look();
    },
  });
  const idlers: IdleKeeper = idlersOf(setup, scheduler);
  const keeper: LeaseKeeper = new LeaseKeeper({ engine, store, runs: scheduler.runs, ttl, heartbeat });
  const rates: RateKeeper = rateKeeper(setup, engine, scheduler);
  const rescuer = createRescuer({
    store,
    clock,
    log: log.room('queue'),
    scan,
    goneInstances: () => setup.living.gone(uid),
    onRescued: (dead) => {
      scheduler.wake();
      void setup.living.sweep(dead);
    },
  });
  const peers = createPeers({
    ...{ store, clock, log: log.room('instance'), sockets: setup.paths.sockets, own: uid },
    onGone: () => void rescuer.look(),
  });
  const reports = () => [...scheduler.runs.values()].map((run) => run.progress());
  const path = socketPath(setup.paths.sockets, uid);
  /** Whoever finds the row must find the socket: it comes first and goes last. Nobody finds a row in memory. */
  const socket = store.kind === 'memory' ? [] : [createInstanceSocket({ path, uid, clock, reports, followers })];
  const tidier = createTidier(tidyParts({ ...setup, sourceNamed: (name) => setup.sources.named(name) }));
  const seeder = seederOf(setup);
  const services: readonly Service[] = [
    ...[...socket, registration(setup, path), backups(setup)],
    ...(store.kind === 'memory' ? [] : [tidier]),
    ...[keeper, rates, rescuer, peers, scheduler, idlers, seeder],
  ];

  return {
    reports,
    look() {
      scheduler.look();
      keeper.look();
      rates.look();
      peers.look();
      void seeder.look();
    },
    completed: () => tidier.completed(),
    async start() {
      for (const service of services) await service.start();
    },
    async stop() {
      for (const service of services.toReversed()) await service.stop();
    },
  };
}

function rateKeeper(setup: EngineSetup, engine: EngineParts, scheduler: Scheduler): RateKeeper {
  const { config, settings, store, host } = setup;
  return new RateKeeper({
    ...{ engine, store, runs: scheduler.runs, host },
    get limits() {
      return settings.config.limits;
    },
    get schedule() {
      return settings.schedule;
    },
    ...hostRates(config),
    rateOfCategory: (name) =>
      bytesPerSecond(Object.hasOwn(config.categories, name) ? config.categories[name]?.rate : 'off'),
    onOpen: () => scheduler.wake(),
  });
}

function idlersOf({ settings, store, clock, log }: EngineSetup, scheduler: Scheduler): IdleKeeper {
  return new IdleKeeper({
    ...{ store, clock, log: log.room('queue'), runs: scheduler.runs },
    get idleAfter() {
      const { idle_after: after } = settings.config.torrent;
      return after === 'off' ? undefined : after;
    },
    onFree: () => scheduler.wake(),
  });
}

function seederOf({ store, clock, log, uid, anyRunner, config, sources, settings }: EngineSetup): Seeder {
  const { ttl, heartbeat } = config.lease;
  return new Seeder({
    ...{ store, clock, disk: realDisk, log: log.room('queue'), instance: uid, anyRunner, ttl, heartbeat },
    seesAll: store.kind !== 'server',
    isClosed: () => settings.schedule.closedUntil(clock.now()) !== undefined,
    sourceNamed: (name) => sources.named(name),
  });
}

function registration({ uid, host, role, name, config, onLost, ...setup }: EngineSetup, path: string): Service {
  const { store, living, clock, log } = setup;
  return createRegistration({
    instance: { uid, host, pid: process.pid, role, socketPath: path, startedAt: clock.now() },
    ...(name === undefined ? {} : { name }),
    ...(onLost ? { onLost } : {}),
    ...{ store, living, clock, log, heartbeat: config.lease.heartbeat },
  });
}

/** How often it is asked whether the daily backup is due, ms. */
const backupLookEvery = 3_600_000;

/** Later than a quick `get` lives: what ends before makes the backup at its end, with all that it did in it, ms. */
const firstBackupLook = 60_000;
/** A backup holds up the end of a process for no longer than this, ms. */
const backupPatience = 2000;

function backups(setup: EngineSetup): Service {
  const { clock, backupIfDue } = setup;
  let cancel: (() => void) | undefined;
  let stopping: Promise<unknown> | undefined;
  const look = () => void backupIfDue(clock.now());
  return {
    async start() {
      if (cancel) return;
      const first = clock.after(firstBackupLook, look);
      const others = clock.every(backupLookEvery, look);
      cancel = () => {
        first();
        others();
      };
    },
    async stop() {
      if (!cancel) return;
      cancel();
      stopping ??= untilBackedUp(setup);
      await stopping;
    },
  };
}

async function untilBackedUp({ clock, backupIfDue }: EngineSetup): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(backupPatience, resolve);
  await Promise.race([backupIfDue(clock.now()), promise]);
  cancel();
}

function engineParts(
  { settings, store, sources, steps, clock, log, uid }: EngineSetup,
  followers: ReadonlySet<EngineSetup['tell']>,
): EngineParts {
  return {
    store,
    sourceNamed: (name) => sources.named(name),
    seeds: (name) => name !== 'local' && sources.named(name).seed !== undefined,
    makeStep: async (spec) => (await steps.load()).make(spec),
    disk: realDisk,
    volumes: createVolumes({
      ...{ disk: realDisk, store, clock, instance: uid },
      get headroom() {
        return settings.config.space.headroom;
      },
    }),
    clock,
    log: log.room('engine'),
    instance: uid,
    tell(report) {
      for (const follow of followers) follow(report);
    },
    random: Math.random,
    policy: policyOf(settings),
  };
}

/** What comes in a moment over most lines, and is no loss where it must be fetched again after a crash; bytes. */
const shortFile = 1 << 20;

/** As the settings say at each look. */
function policyOf(settings: LiveSettings): EnginePolicy {
  return {
    get retry() {
      const { retry, space } = settings.config;
      const { max_tries: maxTries, first_wait: firstWait, longest_wait: longestWait } = retry;
      return { maxTries, firstWait, longestWait, spaceWait: space.check_every };
    },
    get checkpoint() {
      return settings.config.checkpoint;
    },
    shortFile,
    get seed() {
      return settings.config.torrent.seed;
    },
    get fileMode() {
      return Number.parseInt(settings.config.downloads.file_mode, 8);
    },
  };
}

function hostRates({ hosts }: Config): Pick<RateKeeperParts, 'rateOfHost'> {
  if (!Object.values(hosts).some(({ rate }) => rate !== undefined)) return {};
  return { rateOfHost: (place) => bytesPerSecond(settingsOfHost(hosts, place).rate) };
}
