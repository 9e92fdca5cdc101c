import { type LoadedConfig, loadConfig } from '../config/config.ts';
import { environment } from '../config/environment.ts';
import { secretsOf } from '../config/secrets.ts';
import type { FlagSetting } from '../config/settings.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { Log, LogLevel } from '../log/log.ts';
import { type LogSink, openLog } from '../log/open-log.ts';
import { type OpenedStore, openStore } from '../store/open.ts';
import { StoreFailure } from '../store/store.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { openInstance } from './instance.ts';
import type { Longhaul, Role } from './longhaul.ts';
import { lazySources } from './open-sources.ts';
import { lazySteps } from './open-steps.ts';
import { sidecarsOf } from './recovery.ts';
import { supervisedClock } from './supervision.ts';

export interface OpenOptions {
  readonly role: Role;
  /** Runs downloads; false: only asks. */
  readonly engine: boolean;
  /** Also runs what others began whose instance is gone, and what belongs to nobody. */
  readonly anyRunner?: boolean;
  /** How many run at once; left out: as configured. */
  readonly slots?: number;
  /** No other living `serve` may have this name; throws `NotPossible` where one has. */
  readonly name?: string;
  /** One folder for everything (as LONGHAUL_HOME). */
  readonly home?: string;
  readonly configFile?: string;
  /** Settings that go before environment and file. */
  readonly flags?: readonly FlagSetting[];
  /** Where the log is read along; left out: nowhere. */
  readonly logSink?: LogSink;
  /** What of the log is shown there; left out: warnings and errors. */
  readonly logSinkLevel?: LogLevel;
  /** Called once when the database server has not answered for a second, and once when it answers again. */
  onOutage?(isAway: boolean): void;
  /** The database is not where it was any more: nothing can be written until it is opened anew. May come repeatedly. */
  readonly onLost?: () => void;
}

const nowhere: LogSink = { isTerminal: false, colour: false, write: () => {} };

/**
 * Opens Longhaul with the configuration of this process. Throws `ConfigError`; throws `StoreFailure`,
 * except for `get`, which then goes on with a store in memory and says so in `warnings`.
 */
export async function openLonghaul(options: OpenOptions): Promise<Longhaul> {
  const loaded = await loadConfigFor(options);
  const { config, paths } = loaded;
  const log = openLog({
    settings: config.log,
    logsDir: paths.logs,
    stderr: options.logSink ?? nowhere,
    stderrLevel: options.logSinkLevel ?? 'warn',
    now: systemClock.now,
  });
  const clock = supervisedClock(systemClock, log.room('instance'));
  for (const secret of secretsOf(config)) log.secrets.add(secret);
  const where = { clock, log: log.room('store') };
  try {
    return await openWith(
      await openConfiguredStore(loaded, { ...where, ...(options.onOutage ? { onOutage: options.onOutage } : {}) }),
    );
  } catch (error) {
    if (options.role !== 'get' || !(error instanceof StoreFailure)) {
      await log.close();
      throw error;
    }
    log.error({ error }, 'the store cannot be used');
    const inMemory = await openStore({ path: ':memory:', ...where });
    const warning = `${error.message}; downloading without a memory: this run cannot be resumed`;
    return openWith({ ...inMemory, warnings: [warning] });
  }

  function openWith({ store, warnings, backupIfDue }: OpenedStore): Promise<Longhaul> {
    return openInstance({
      config,
      paths,
      log,
      clock,
      store,
      backupIfDue,
      sources: lazySources({ config, paths, clock, log }),
      steps: lazySteps({ config, clock, disk: realDisk, log: log.room('steps') }),
      role: options.role,
      engine: options.engine,
      anyRunner: options.anyRunner ?? false,
      ...(options.slots === undefined ? {} : { slots: options.slots }),
      sharesSlots: options.anyRunner === true && options.slots === undefined,
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.onLost ? { onLost: options.onLost } : {}),
      wantedConfig: async () => (await loadConfigFor(options)).config,
      warnings: [...loaded.warnings, ...warnings],
      onClosed: () => log.close(),
    });
  }
}

/** The store on the database server or in the file. Throws `StoreFailure`. */
export async function openConfiguredStore(
  { config, paths }: LoadedConfig,
  where: { readonly clock: Clock; readonly log: Log; onOutage?(isAway: boolean): void },
): Promise<OpenedStore> {
  const { url, owner_url: ownerUrl } = config.database;
  if (url !== undefined) {
    const { openServerStore } = await import('../store/postgres/open.ts');
    return openServerStore({ url, ownerUrl, ...where });
  }
  const backups = { directory: paths.backups, keep: config.store.backups };
  return openStore({ path: paths.database, backups, recoverFrom: sidecarsOf, clock: where.clock, log: where.log });
}

/** The configuration as `openLonghaul` will see it. Throws `ConfigError`. */
export function loadConfigFor(options: Pick<OpenOptions, 'home' | 'configFile' | 'flags'>): Promise<LoadedConfig> {
  const env = environment();
  return loadConfig({
    env: options.home === undefined ? env : { ...env, LONGHAUL_HOME: options.home },
    cwd: process.cwd(),
    flags: {
      ...(options.configFile === undefined ? {} : { file: options.configFile }),
      ...(options.flags === undefined ? {} : { set: options.flags }),
    },
  });
}
