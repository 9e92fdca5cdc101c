import { dirname } from 'node:path';
import type { Check } from '../commands/check.ts';
import { doctor } from '../commands/doctor.ts';
import { realDisk } from '../disk/real-disk.ts';
import { scheduleWarnings } from '../downloads/schedule.ts';
import { silentLog } from '../log/log.ts';
import { examineDatabase } from '../store/examine.ts';
import type { Store } from '../store/store.ts';
import { systemClock } from '../time/clock.ts';
import { createLiving } from './living.ts';
import { findTools, probeFolder, probeSockets } from './machine.ts';
import { loadConfigFor, type OpenOptions, openConfiguredStore } from './open.ts';

/** Looks at this machine as `longhaul doctor`. Never throws; changes nothing but what opening the store does. */
export async function openDoctor(
  options: Pick<OpenOptions, 'home' | 'configFile' | 'flags'>,
): Promise<readonly Check[]> {
  const clock = systemClock;
  let store: Store | undefined;
  try {
    return await doctor({
      clock,
      disk: realDisk,
      nodeVersion: process.versions.node,
      async config() {
        const { config, file, warnings, paths } = await loadConfigFor(options);
        const folders = { database: dirname(paths.database), logs: paths.logs, backups: paths.backups };
        return {
          file: file.path,
          found: file.found,
          warnings: [...warnings, ...scheduleWarnings(config.limits, clock.now())],
          downloads: config.downloads.directory,
          folders,
        };
      },
      probe: (folder) => probeFolder(folder, clock),
      sockets: async () => probeSockets((await loadConfigFor(options)).paths.sockets, clock),
      tools: findTools,
      async database() {
        const { config, paths } = await loadConfigFor(options);
        const { url } = config.database;
        if (url === undefined) return examineDatabase(paths.database);
        const { examineServer } = await import('../store/postgres/open.ts');
        return examineServer({ url, clock, log: silentLog });
      },
      async instances() {
        const loaded = await loadConfigFor(options);
        const { config, paths } = loaded;
        const opened = await openConfiguredStore(loaded, { clock, log: silentLog });
        store = opened.store;
        const living = createLiving({ store, clock, sockets: paths.sockets, ttl: config.lease.ttl });
        return { store, living, warnings: opened.warnings };
      },
    });
  } finally {
    await store?.close();
  }
}
