import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { allowance, downloadWithKills, sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';

test(
  'killed twenty times, 1 GiB arrives byte for byte; each time it goes on within a second',
  needs('nginx'),
  async (t) => {
    const nginx = await startNginx({ limitRate: '20m' });
    await using place = await ownPlace();
    try {
      const file = { name: 'file.iso', bytes: 2 ** 30, connections: 1 };
      const digest = makeFile(join(nginx.root, file.name), file.bytes);
      const story = await downloadWithKills(place, nginx, file, {
        count: 20,
        between: [300, 3200],
        random: Math.random,
      });
      t.diagnostic(`fetched twice, bytes: ${story.fetchedTwice.join(' ')}`);
      t.diagnostic(`went on after, ms: ${story.goesOnAfter.map(Math.round).join(' ')}`);
      assert.equal(story.exitCode, 0);
      assert.equal(await sha256(join(place.cwd, file.name)), digest);
      assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file.iso', 'home']);
      for (const bytes of story.fetchedTwice)
        assert.ok(bytes <= allowance(20 * 2 ** 20), `${bytes} bytes were fetched twice`);
      for (const wait of story.goesOnAfter) assert.ok(wait < 1000, `it went on after ${wait} ms`);
    } finally {
      await nginx.stop();
    }
  },
);
