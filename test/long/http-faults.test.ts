import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chapters } from '../support/faults/scripts.ts';
import { Certificates } from '../support/faults/stage.ts';
import { tryLonghaul } from '../support/faults/trial.ts';
import { needs } from '../support/needs.ts';

const certificates = new Certificates();
after(() => certificates[Symbol.dispose]());

for (const { title, scripts } of chapters) {
  describe(`${title}: right, or a failure that says so, and delivered by a good server`, { concurrency: 6 }, () => {
    for (const script of scripts) {
      for (const connections of [1, 4, 8]) {
        test(`${script.name}, ${connections} connections: ${script.what}`, needs('openssl'), async () => {
          const { problems, said } = await tryLonghaul(script, connections, certificates);
          assert.deepEqual(problems, [], said);
        });
      }
    }
  });
}
