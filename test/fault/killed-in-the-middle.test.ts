import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { allowance, downloadWithKills, sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';

const MiB = 2 ** 20;

/** Over one connection, and more often: in `test/long`. */
const connections = 4;
const title = `killed twice over ${connections} connections, a file arrives byte for byte, and little is fetched twice`;
test(title, needs('nginx'), async (t) => {
  const nginx = await startNginx({ limitRate: `${20 / connections}m` });
  await using place = await ownPlace();
  try {
    const file = { name: 'file.iso', bytes: 60 * MiB, connections };
    const digest = makeFile(join(nginx.root, file.name), file.bytes);
    const story = await downloadWithKills(place, nginx, file, {
      count: 2,
      between: [300, 1000],
      random: Math.random,
    });
    t.diagnostic(`fetched twice: ${story.fetchedTwice.map(Math.round).join(' ')}`);
    t.diagnostic(`went on after, ms: ${story.goesOnAfter.map(Math.round).join(' ')}`);
    assert.equal(story.exitCode, 0);
    assert.equal(await sha256(join(place.cwd, file.name)), digest);
    assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file.iso', 'home']);
    for (const bytes of story.fetchedTwice)
      assert.ok(bytes <= allowance(20 * MiB), `${bytes} bytes were fetched twice`);
  } finally {
    await nginx.stop();
  }
});
