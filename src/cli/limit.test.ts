import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeLonghaul } from '../../test/support/fake-longhaul.ts';
import { session } from '../../test/support/terminal.ts';
import { downloadSchema, limitsSchema } from '../contract/schemas.ts';

async function run(argv: readonly string[], longhaul = fakeLonghaul([{}, { name: 'b.iso' }, { status: 'completed' }])) {
  const one = session(argv, { longhaul });
  const code = await one.ended;
  return { code, stdout: one.stdout, stderr: one.stderr, longhaul };
}

test('limit changes the rate of each download that is named, and says so', async () => {
  const { code, stdout, longhaul } = await run(['limit', '1', '2', '500k']);
  assert.equal(code, 0);
  assert.match(stdout, /1 .*: limited to 500kB\/s\n.*2 b\.iso: limited to 500kB\/s\n/);
  assert.deepEqual(
    [...longhaul.rows.values()].map(({ options }) => options.rate),
    [500_000, 500_000, undefined],
  );
  assert.match((await run(['limit', '2', 'off'], longhaul)).stdout, /no limit of its own/);
  const back = await run(['limit', '2', 'default', '--json'], longhaul);
  assert.equal(downloadSchema.parse(JSON.parse(back.stdout)).limitRate, null);
});

test('one that cannot be limited is refused with its reason, the others are limited', async () => {
  const { code, stderr, longhaul } = await run(['limit', '3', '9', '1', '1MB']);
  assert.equal(code, 2);
  assert.match(stderr, /download 3 is completed\n.*there is no download 9/);
  assert.equal(longhaul.rows.get(1)?.options.rate, 1_000_000);
});

test('limit --all is of all downloads together; without words it tells what holds', async () => {
  const { stdout, longhaul } = await run(['limit', '--all', '2MB']);
  assert.match(stdout, /^all together: 2MB\/s \(set by hand, configured is no limit\)\neach: no limit where/);
  const told = limitsSchema.parse(JSON.parse((await run(['limit', '--json'], longhaul)).stdout));
  assert.deepEqual(told, { rate: 2_000_000, set: 2_000_000, configured: 'off', perDownload: 'off', window: null });
  assert.match(
    (await run(['limit', '--all', 'default'], longhaul)).stdout,
    /^all together: no limit \(as configured\)/,
  );
});

test('get and add take --limit-rate along', async () => {
  const { longhaul } = await run(['add', '--limit-rate', '1.5MB/s', 'https://host/x']);
  assert.deepEqual(longhaul.rows.get(4)?.options, { rate: 1_500_000 });
});

test('list and show tell what a pending download waits for, and its limit', async () => {
  const longhaul = fakeLonghaul([{ waitingFor: 'window', options: { rate: 64_000 } }, { waitingFor: 'slot' }]);
  assert.match((await run(['list'], longhaul)).stdout, /2 {2}pending \(slot\) .*\n *1 {2}pending \(window\)/);
  assert.match((await run(['show', '1'], longhaul)).stdout, /limit +64kB\/s/);
});
