import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeTooOld } from './node-version.ts';

test('an old Node is told which one is needed', () => {
  assert.equal(nodeTooOld('20.11.1'), 'Longhaul needs Node 24.15 or newer, this is 20.11.1');
  assert.match(nodeTooOld('24.14.9') ?? '', /this is 24\.14\.9/);
  for (const version of ['24.15.0', '24.20.1', '25.0.0', process.versions.node])
    assert.equal(nodeTooOld(version), undefined);
});
