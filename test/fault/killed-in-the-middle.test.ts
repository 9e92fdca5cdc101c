import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { allowance, downloadWithKills, sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';

const MiB = 2 ** 20;

test(
  'killed four times in the middle, a file arrives byte for byte, and little is fetched twice',
  needs('nginx'),
  async (t) => {
    const nginx = await startNginx({ limitRate: '20m' });
    await using place = await ownPlace();
    try {
      const file = { name: 'file.iso', bytes: 160 * MiB };
      const digest = makeFile(join(nginx.root, file.name), file.bytes);
      const story = await downloadWithKills(place, nginx, file, {
        count: 4,
        between: [300, 1900],
        random: Math.random,
      });
      t.diagnostic(
        `fetched twice: ${story.fetchedTwice.join(' ')}; went on after ${story.goesOnAfter.map(Math.round).join(' ')} ms`,
      );
      assert.equal(story.exitCode, 0);
      assert.equal(await sha256(join(place.cwd, file.name)), digest);
      assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file.iso', 'home']);
      for (const bytes of story.fetchedTwice)
        assert.ok(bytes <= allowance(20 * MiB), `${bytes} bytes were fetched twice`);
    } finally {
      await nginx.stop();
    }
  },
);
