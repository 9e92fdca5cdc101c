import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { storeConformance } from './store-conformance.ts';

const where = { clock: systemClock, log: silentLog };

storeConformance('file', async () => {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-store-'));
  const { store } = await openStore({ path: join(home, 'db', 'longhaul.db'), ...where });
  return {
    store,
    async end() {
      await store.close();
      await rm(home, { recursive: true });
    },
  };
});

storeConformance('memory', async () => {
  const { store } = await openStore({ path: ':memory:', ...where });
  return { store, end: () => store.close() };
});
