import { hostname } from 'node:os';
import { v7 as uuidv7 } from 'uuid';
import { adopt } from '../commands/add-download.ts';
import { localCommands } from '../commands/local-commands.ts';
import type { CommandParts } from '../commands/parts.ts';
import type { Config } from '../config/config.ts';
import type { Paths } from '../config/paths.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import { createBus } from '../events/bus.ts';
import type { Log } from '../log/log.ts';
import type { InstanceRow, Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { Engine, EngineSetup } from './engine.ts';
import { createEventTail } from './event-tail.ts';
import { createLiveProgress, type LiveProgress } from './live-progress.ts';
import { createLiveSettings } from './live-settings.ts';
import { createLiving, type Neighbours, socketPath } from './living.ts';
import type { Longhaul, Role } from './longhaul.ts';
import type { LazySources } from './open-sources.ts';
import type { LazySteps } from './open-steps.ts';
import { createSettling } from './settled.ts';

/** What an instance is put together from; `openLonghaul` makes the real ones, tests hand in their own. */
export interface InstanceParts {
  readonly config: Config;
  readonly paths: Pick<Paths, 'sockets'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly store: Store;
  /** Makes the daily backup of the store when it is due. */
  readonly backupIfDue: (now: number) => Promise<unknown>;
  readonly sources: LazySources;
  readonly steps: LazySteps;
  readonly role: Role;
  /** Runs downloads; false: only asks. */
  readonly engine: boolean;
  /** Also what others began whose instance is gone, and what belongs to nobody. */
  readonly anyRunner: boolean;
  /** Left out: as the configuration says, also after a reload. */
  readonly slots?: number;
  readonly sharesSlots: boolean;
  /** No other living `serve` may have it. */
  readonly name?: string;
  /** As the engine's. */
  readonly onLost?: () => void;
  /** The configuration as it is written now; throws `ConfigError`. Left out: it never changes. */
  readonly wantedConfig?: () => Promise<Config>;
  readonly warnings: readonly string[];
  /** After everything else is closed. */
  readonly onClosed?: () => Promise<void>;
}

/**
 * Puts the rooms together. What must flow left (events, progress, liveness) is handed over here, as functions.
 * When it throws, everything that was begun is closed again, the store included, but for what `onClosed` closes.
 */
export async function openInstance(parts: InstanceParts): Promise<Longhaul> {
  const { config, log, clock, store, sources } = parts;
  const uid = uuidv7();
  const settings = createLiveSettings(config);
  const closedUntil = (now: number) => settings.schedule.closedUntil(now);
  const events = createBus<DownloadEvent>(log.room('events'));
  const tail = createEventTail(store, events, log.room('events'));
  const living = createLiving({ store, clock, sockets: parts.paths.sockets, own: uid, ttl: config.lease.ttl });
  const commandParts = commandPartsOf(parts, { uid, living, settings });
  const settling = createSettling({
    store,
    clock,
    instance: uid,
    closedUntil,
    async tend(row) {
      if (parts.engine) await adopt(commandParts, row, uid);
      live.follow(row);
    },
  });
  const engine = parts.engine
    ? await loadEngine(parts, { uid, living, settings, tell: (report) => live.tell(report) })
    : undefined;
  const live: LiveProgress = createLiveProgress({
    clock,
    log: log.room('events'),
    instance: uid,
    reports: () => engine?.reports() ?? [],
    socketOf: (instance) => socketPath(parts.paths.sockets, instance),
  });
  const unsubscribe = store.onChange(() => {
    tail.look();
    engine?.look();
  });
  events.listen((event) => {
    if (event.to === 'completed') engine?.completed();
    settling.look(event);
  });
  try {
    await tail.start();
    await engine?.start();
  } catch (error) {
    await close().catch((second) => log.warn({ error: second }, 'what was begun could not be closed'));
    throw error;
  }
  live.start();

  let closing: Promise<void> | undefined;
  return {
    instance: uid,
    config,
    log,
    commands: localCommands(commandParts),
    warnings: parts.warnings,
    onEvent: (listener) => events.listen(listener),
    onProgress: live.listen,
    settled: (id, options) => settling.wait(id, options),
    server: () => livingServer(store, living),
    async reload() {
      const answer = settings.replace((await parts.wantedConfig?.()) ?? settings.config);
      engine?.look();
      return answer;
    },
    close() {
      closing ??= close().then(parts.onClosed);
      return closing;
    },
  };

  /** Right to left: nothing is closed while somebody still works with it. */
  async function close(): Promise<void> {
    live.stop();
    await engine?.stop();
    unsubscribe();
    await tail.drain();
    settling.stop();
    await sources.close();
    await store.close();
  }
}

/** A process that serves has no other one beside it that it would hand its work to, so it never asks. */
async function livingServer(store: Store, living: Neighbours): Promise<InstanceRow | undefined> {
  const servers = (await store.instances()).filter(({ role }) => role === 'serve');
  for (const row of servers) if (await living.isHere(row)) return row;
  return undefined;
}

function commandPartsOf(
  { log, clock, store, sources, steps }: InstanceParts,
  { uid, living, settings }: Pick<EngineSetup, 'uid' | 'living' | 'settings'>,
): CommandParts {
  const sourceNamed = async (name: string) => (await sources.load()).named(name);
  return {
    store,
    sourceFor: async (link, name) => (await sources.load()).forLink(link, name),
    checkStep: async (spec) => void (await steps.load()).make(spec),
    takeBack: async (spec, mark, signal) => (await (await steps.load()).make(spec).takeBack?.(mark, signal)) ?? [],
    giveUpStep: async (spec, mark, signal) => (await (await steps.load()).make(spec).giveUp?.(mark, signal)) ?? mark,
    sourceNamed,
    readText: (link, options, most) => sources.readText(link, options, most),
    readBytes: (link, options, most) => sources.readBytes(link, options, most),
    torrentsElsewhere: async () => {
      const { torrentsElsewhere } = await import('../sources/qbittorrent/list.ts');
      return torrentsElsewhere({ config: settings.config.qbittorrent, clock, disk: realDisk });
    },
    disk: realDisk,
    clock,
    living,
    get maxTries() {
      return settings.config.retry.max_tries;
    },
    get limits() {
      return settings.config.limits;
    },
    get schedule() {
      return settings.schedule;
    },
    get slots() {
      return settings.slotLimits;
    },
    get categories() {
      return settings.config.categories;
    },
    async tidy(options) {
      const { tidyOnce } = await import('./tidy-parts.ts');
      return tidyOnce({ settings, store, clock, log, uid, sourceNamed, steps }, options);
    },
  };
}

/** The doing wing costs start-up time, so it is loaded only where something is to be done. */
async function loadEngine(
  parts: InstanceParts,
  own: Pick<EngineSetup, 'uid' | 'living' | 'settings' | 'tell'>,
): Promise<Engine> {
  const [{ createEngine }, sources] = await Promise.all([import('./engine.ts'), parts.sources.load()]);
  return createEngine({ ...parts, ...own, sources, host: hostname() });
}
