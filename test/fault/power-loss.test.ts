import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bend, powerLossStories } from '../support/power-loss.ts';

/** What must have come up among the states, or they prove little. */
const conditions = [
  ...['pending', 'downloading', 'processing', 'retrying', 'paused', 'cancelled', 'completed'],
  ...['durable ranges', 'published, unfinished', 'renamed, unfinished', 'work files'],
];

test('whatever a power loss leaves of 150 moments: recorded ranges are there, final names are whole, all is delivered at last', async (t) => {
  const { states, violations, seen } = await powerLossStories(1, 150);
  t.diagnostic(`${states} states: ${[...seen].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  assert.deepEqual(violations, []);
  for (const condition of conditions) assert.ok(seen.has(condition), `never seen: ${condition}`);
});

/** Ways to break the order of durability, and what is then found. */
const broken: Readonly<Record<string, { readonly bend: Bend; readonly finds: RegExp }>> = {
  'an fdatasync that does nothing before ranges are recorded': {
    bend: (disk) => ({ ...disk, open: (path) => ({ ...disk.open(path), syncData: async () => {} }) }),
    finds: /are recorded as durable and are not$/,
  },
  'no sync at all before a file is published': {
    bend: (disk) => ({
      ...disk,
      open: (path) => ({ ...disk.open(path), syncData: async () => {}, sync: async () => {} }),
    }),
    finds: /bytes that nobody delivered$/,
  },
  'a final name that is recorded before its folder was synced': {
    bend: (disk) => ({ ...disk, syncDirectory: async () => {} }),
    finds: /of the completed download \d+ is gone$/,
  },
  'a name that replaces what stands there': {
    bend: (disk) => ({
      ...disk,
      facts: async (path) => (path.endsWith('.part') ? disk.facts(path) : undefined),
      link: disk.rename,
    }),
    finds: /of somebody else is overwritten$/,
  },
};

for (const [what, { bend, finds }] of Object.entries(broken)) {
  test(`it is found out: ${what}`, async () => {
    const found: string[] = [];
    for (let story = 1; story <= 20 && !found.some((violation) => finds.test(violation)); story += 1)
      found.push(...(await powerLossStories(story, 1, bend)).violations);
    assert.ok(
      found.some((violation) => finds.test(violation)),
      `among ${found.length}: ${found[0]}`,
    );
  });
}
