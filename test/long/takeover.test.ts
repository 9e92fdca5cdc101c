import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';
import { spread, takeovers } from '../support/takeovers.ts';

const kills = 60;

test(`after kill -9 another process of the machine takes over within a second, ${kills} times`, {
  ...needs('nginx'),
  timeout: 300_000,
}, async (t) => {
  const nginx = await startNginx();
  await using place = await ownPlace();
  try {
    const source = join(nginx.root, 'file.iso');
    makeFile(source, 8_000_000);
    // What has come is recorded each second.
    const quick = { ...place, env: { LONGHAUL_CHECKPOINT_BYTES: '1' } };
    const path = join(place.home, 'db', 'longhaul.db');
    const { store } = await openStore({ path, clock: systemClock, log: silentLog });
    const link = `${nginx.url}/file.iso`;
    const took = await takeovers({ store, places: [quick, quick], link, source, rate: '20k' }, kills);
    await store.close();
    t.diagnostic(spread(took));
    assert.ok(Math.max(...took) < 1000, took.join(' '));
  } finally {
    await nginx.stop();
  }
});
