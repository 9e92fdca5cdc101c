import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { defaults } from '../../src/config/defaults.ts';
import { openInstance } from '../../src/instance/instance.ts';
import { silentLog } from '../../src/log/log.ts';
import { sourceRegistry } from '../../src/sources/registry.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import { openStore } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { recordingKind } from './recording-step.ts';
import { scriptedSource } from './scripted-source.ts';

/** Run as a process: downloads one file into FOLDER and records, in its journal beside it, what its step does. */
const [folder = ''] = process.argv.slice(2);
const journal = join(folder, 'journal');
const source = scriptedSource(Buffer.alloc(100_000, 'content '));
const { resolve } = source;
const config = { ...defaults } as Config;
const longhaul = await openInstance({
  ...{ config, log: silentLog, clock: systemClock, warnings: [], role: 'library', engine: true, anyRunner: true },
  store: (await openStore({ path: join(folder, 'db'), clock: systemClock, log: silentLog })).store,
  paths: { sockets: join(folder, 'sockets') },
  sharesSlots: false,
  backupIfDue: async () => undefined,
  steps: { load: async () => stepRegistry([recordingKind]) },
  sources: {
    load: async () =>
      sourceRegistry(
        [
          {
            ...source,
            resolve(...given) {
              appendFileSync(journal, 'resolve\n');
              return resolve(...given);
            },
          },
        ],
        ['scripted:'],
      ),
    readText: () => Promise.reject(new Error('nothing to read')),
    readBytes: () => Promise.reject(new Error('nothing to read')),
    close: async () => {},
  },
});
const { download } = await longhaul.commands.add({
  link: 'scripted:1',
  directory: join(folder, 'downloads'),
  options: { steps: [`record=${journal}`] },
  runner: longhaul.instance,
});
const ended = await longhaul.settled(download.id, { wait: 10_000 });
await longhaul.close();
process.exitCode = ended?.status === 'completed' ? 0 : 1;
