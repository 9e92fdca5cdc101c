import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

/** Those of which the suite has a part: fewer runs of a property (`runs`), a sample of the cases (`sampled`). */
const files = [
  'src/config/config.test.ts',
  'src/downloads/schedule.test.ts',
  'src/queue/fairness.test.ts',
  'src/commands/import/json-records.test.ts',
  'src/disk/safe-name.test.ts',
  'src/cli/frame.test.ts',
  'src/sources/http/names.test.ts',
  'test/contract/store.test.ts',
  'test/contract/store-postgres.test.ts',
  'test/fault/store-processes.test.ts',
  'test/integration/stream.test.ts',
];

for (const file of files) {
  test(`${file} holds with all of its cases, and over twenty times as many runs`, () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const ran = spawnSync(process.execPath, ['--test', file], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: { ...env, TEST_RUNS: '20' },
      encoding: 'utf8',
    });
    assert.equal(ran.status, 0, ran.stdout);
    assert.match(ran.stdout, /pass [1-9]/);
  });
}
