import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chapters, scriptNamed } from '../support/faults/scripts.ts';
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

/** Over one connection each of these ends in the right file; further ones must not spoil that. */
const harmless = [
  '304-on-resume',
  '403-beyond-one-open',
  'lengths-differ',
  'range-late',
  'range-shifted-checksum',
  'two-servers-if-range-ignored',
];

describe('what only further connections meet costs no more than these connections', { concurrency: 4 }, () => {
  for (const name of harmless) {
    const script = scriptNamed(name);
    test(`${name}: ${script.what}`, needs('openssl'), async () => {
      const { ending, problems, said } = await tryLonghaul(script, 8, certificates);
      assert.deepEqual({ ending, problems }, { ending: 'right', problems: [] }, said);
    });
  }
});
