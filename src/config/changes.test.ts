import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloaded } from './changes.ts';
import type { Config } from './config.ts';
import { defaults } from './defaults.ts';

const running = defaults as unknown as Config;

test('rates, hours, slots and retries hold at once; what was built at the start holds from the next one', () => {
  const wanted: Config = {
    ...running,
    limits: { ...running.limits, rate: 5_000_000 },
    queue: { ...running.queue, slots: 9 },
    http: { ...running.http, connections: 2 },
    hosts: { 'example.org': { connections: 1 } },
    downloads: { ...running.downloads, directory: '/elsewhere' },
  };
  const { config, applied, atNextStart } = reloaded(running, wanted);
  assert.deepEqual(applied.toSorted(), ['limits.rate', 'queue.slots']);
  assert.deepEqual(atNextStart.toSorted(), ['downloads.directory', 'hosts', 'http.connections']);
  assert.deepEqual([config.queue.slots, config.limits.rate], [9, 5_000_000]);
  assert.deepEqual([config.http, config.hosts, config.downloads], [running.http, running.hosts, running.downloads]);
});

test('what is the same is not named, and what waits for the next start is named each time', () => {
  const same = reloaded(running, structuredClone(running));
  assert.deepEqual([same.applied, same.atNextStart], [[], []]);
  const wanted: Config = { ...running, store: { ...running.store, backups: 1 } };
  const first = reloaded(running, wanted);
  assert.deepEqual(reloaded(first.config, wanted).atNextStart, ['store.backups']);
});
