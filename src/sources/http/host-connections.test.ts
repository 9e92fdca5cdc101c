import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { HostConnections } from './host-connections.ts';

test('a host that refuses gets half of what it had for ten minutes: of its limit where it had none', async () => {
  const clock = manualClock();
  const hosts = new HostConnections(clock, () => 8);
  hosts.halve('a');
  assert.equal(hosts.limitOf('a'), 4);
  hosts.halve('a');
  assert.equal(hosts.limitOf('a'), 2);
  assert.equal(hosts.limitOf('b'), 8);
  for (let n = 0; n < 4; n += 1) hosts.take('b', true);
  // Three were open when the fourth was refused.
  hosts.halve('b', 1);
  assert.equal(hosts.limitOf('b'), 2);
  await clock.advance(599_999);
  assert.equal(hosts.limitOf('b'), 2);
  await clock.advance(1);
  assert.deepEqual([hosts.limitOf('a'), hosts.limitOf('b')], [8, 8]);
});

test('the first connection of a transfer is always granted, also by a host that refuses', () => {
  const hosts = new HostConnections(manualClock(), () => 1);
  assert.equal(hosts.take('a', false), true);
  hosts.halve('a', 1);
  assert.equal(hosts.limitOf('a'), 1);
  assert.equal(hosts.take('a', true), false);
  assert.equal(hosts.take('a', false), true);
});
