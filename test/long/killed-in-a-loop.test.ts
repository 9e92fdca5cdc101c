import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { killLoop } from '../support/kill-loop.ts';
import { needs } from '../support/needs.ts';
import { startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';

test(
  'killed 300 times over small downloads: nothing accepted is lost, nothing wrong stands under a final name',
  needs('nginx'),
  async (t) => {
    const nginx = await startNginx({ limitRate: '2m' });
    await using place = await ownPlace();
    try {
      const content = new Map(
        ['a.bin', 'b.bin', 'c.bin'].map((name, index) => [name, randomBytes(400_000 + index * 300_000)]),
      );
      for (const [name, bytes] of content) await writeFile(join(nginx.root, name), bytes);
      const story = await killLoop(place, nginx, content, { count: 300, within: 450, random: Math.random });
      t.diagnostic(`killed ${story.killed}, accepted ${story.accepted}, completed ${story.completed}`);
      assert.deepEqual(story.wrong, []);
      assert.deepEqual(story.lost, []);
      assert.deepEqual(story.strays, []);
      assert.equal(story.completed, story.accepted);
      assert.ok(story.killed >= 100, 'most runs were really killed');
      assert.ok(story.accepted >= 80, 'many were killed after they had accepted a link');
    } finally {
      await nginx.stop();
    }
  },
);
