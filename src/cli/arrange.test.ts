import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeLonghaul } from '../../test/support/fake-longhaul.ts';
import { session } from '../../test/support/terminal.ts';
import { downloadSchema } from '../contract/schemas.ts';

const three = () => fakeLonghaul([{ position: 1 }, { position: 2, category: 'films' }, { position: 3, name: 'c.iso' }]);

async function run(argv: readonly string[], longhaul = three()) {
  const one = session(argv, { longhaul });
  const code = await one.ended;
  return { code, stdout: one.stdout, stderr: one.stderr, longhaul };
}

const ids = ({ stdout }: { stdout: string }) =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [downloadSchema.parse(JSON.parse(line)).id]));

test('move changes the order of what waits, and several keep the order in which they are named', async () => {
  const { code, stdout, longhaul } = await run(['move', '2', '3', 'top']);
  assert.equal(code, 0);
  assert.match(stdout, /3 c\.iso: moved to the top\n.*2 .*: moved to the top\n/);
  assert.deepEqual(ids(await run(['list', '--queue', '--json'], longhaul)), [2, 3, 1]);
  await run(['move', '2', '3', 'bottom'], longhaul);
  assert.deepEqual(ids(await run(['list', '--queue', '--json'], longhaul)), [1, 2, 3]);
});

test('move without a place, or without a download, says what is missing', async () => {
  for (const [argv, sentence] of [
    [['move', '2'], /say where to: top, up, down, bottom/],
    [['move', 'top'], /say what to move: longhaul move 12 top/],
    [['set', '2'], /say what to set: --priority, --category, --limit-rate, --select, --file-priority or --seed/],
    [['set', '2', '--priority', 'urgent'], /must be high, normal, low, or a whole number from -1000 to 1000/],
    [['list', '--queue', '--status', 'failed'], /--queue is all that waits/],
  ] as const) {
    const { code, stderr } = await run(argv);
    assert.equal(code, 2);
    assert.match(stderr, sentence);
  }
});

test('set changes priority and category, and one that is refused keeps no other out', async () => {
  const { code, stdout, stderr, longhaul } = await run([
    'set',
    '1',
    '9',
    '3',
    '--priority',
    'high',
    '--category',
    'films',
  ]);
  assert.equal(code, 2);
  assert.match(stdout, /1 .*: priority 100, category films\n.*3 c\.iso: priority 100, category films\n/);
  assert.match(stderr, /there is no download 9/);
  assert.partialDeepStrictEqual(longhaul.rows.get(3), { priority: 100, category: 'films' });
  const none = await run(['set', '3', '--category', 'none', '--json'], longhaul);
  assert.equal(downloadSchema.parse(JSON.parse(none.stdout)).category, null);
});

test('list shows categories where there are some, and only one when asked', async () => {
  assert.match((await run(['list'])).stdout, /CATEGORY +NAME\n(.*\n)*.*films/);
  assert.doesNotMatch((await run(['list'], fakeLonghaul([{}]))).stdout, /CATEGORY/);
  assert.deepEqual(ids(await run(['list', '--category', 'films', '--json'])), [2]);
  assert.match((await run(['list', '--category', 'music'])).stderr, /no download is of category music/);
  assert.match((await run(['list', '--queue'], fakeLonghaul([{ status: 'completed' }]))).stderr, /nothing waits/);
});

test('show and list tell priority, category, and what a retrying one waits for', async () => {
  const longhaul = fakeLonghaul([{ priority: 5, category: 'films', status: 'retrying', waitingFor: 'quota' }]);
  assert.match((await run(['show', '1'], longhaul)).stdout, /category +films\n +priority +5\n/);
  assert.match((await run(['list'], longhaul)).stdout, /retrying \(quota\)/);
});
