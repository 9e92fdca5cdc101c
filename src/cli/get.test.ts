import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { type FakeLonghaul, fakeLonghaul } from '../../test/support/fake-longhaul.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { session } from '../../test/support/terminal.ts';
import { downloadSchema } from '../contract/schemas.ts';

const link = 'https://host/film.mkv';
const delivered = {
  status: 'completed',
  name: 'film.mkv',
  downloadPath: '/current/film.mkv',
  fileSize: 1000,
  integrity: 'checksum',
} as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function begun(
  longhaul: FakeLonghaul,
  argv: readonly string[],
  options: Parameters<typeof session>[1] = {},
  count = 1,
) {
  const run = session(argv, { longhaul, ...options });
  await longhaul.untilWaiting(count);
  return run;
}

test('get adds for itself, into the current folder, and ends with what was delivered on stdout', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', '-o', 'film.mkv', '--retry-wait', '5', link]);
  const { runner, directory, options } = longhaul.rows.get(1) ?? {};
  assert.deepEqual(
    { runner, directory, options },
    { runner: 'me', directory: '/current', options: { name: 'film.mkv', retryWait: 5000 } },
  );
  longhaul.change(1, { status: 'downloading', name: 'film.mkv' });
  await turn();
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  assert.equal(run.stdout, '✔ /current/film.mkv  1 kB · 0 ms · checksum matches\n');
  assert.deepEqual(run.stderr.trimEnd().split('\n').at(-1), '1 film.mkv: downloading');
  assert.deepEqual(run.opened, [{ role: 'get', engine: true }]);
  assert.equal(longhaul.closed, true);
});

test('of what was delivered only what is seeded is read again, to say so', async () => {
  const longhaul = fakeLonghaul();
  const { show } = longhaul.commands;
  const read: string[] = [];
  longhaul.commands.show = (reference) => {
    read.push(reference);
    return show(reference);
  };
  const run = await begun(longhaul, ['get', link, `${link}2`], {}, 2);
  const seeding = { state: 'on', goal: {}, uploaded: 0, time: 0, message: null } as const;
  longhaul.change(1, delivered);
  longhaul.change(2, { ...delivered, seeding: { ...seeding, token: 0, lockedBy: null, leaseUntil: null } });
  assert.equal(await run.ended, 0);
  assert.equal(run.stderr.trimEnd().split('\n').at(-1), '· film.mkv: longhaul serve seeds it while it runs');
  assert.deepEqual(
    read.filter((reference) => reference === '1').length,
    read.filter((reference) => reference === '2').length - 1,
  );
});

test('a failure is exit code 3 and its sentence on stderr; a pause is 4', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', link]);
  longhaul.change(1, { status: 'failed', errorClass: 'refused', errorMessage: '404' });
  assert.equal(await run.ended, 3);
  assert.equal(run.stdout, '');
  assert.match(run.stderr, /✖ https:\/\/host\/film\.mkv: why failed\n$/);
  const again = await begun(longhaul, ['get', link]);
  longhaul.change(2, { status: 'paused' });
  assert.equal(await again.ended, 4);
});

test('it waits for a next try within --wait, and leaves a later one with exit code 4', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', '--wait', '1m', link]);
  const noon = Date.UTC(2026, 10, 21, 12);
  longhaul.change(1, { status: 'retrying', nextAttemptAt: noon + 30_000 });
  await turn();
  assert.equal(longhaul.closed, false);
  longhaul.change(1, { status: 'retrying', nextAttemptAt: noon + 300_000 });
  assert.equal(await run.ended, 4);
});

test('--json prints one object for each download when it ends, and nothing else on stdout', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', '--json', link, `${link}2`, 'nonsense'], {}, 2);
  longhaul.change(2, { status: 'failed', errorClass: 'network', errorMessage: 'reset' });
  await turn();
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 2);
  const objects = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => downloadSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    objects.map(({ id, status, error }) => [id, status, error?.retry]),
    [
      [2, 'failed', 'now'],
      [1, 'completed', undefined],
    ],
  );
  assert.match(run.stderr, /"nonsense" is not a link/);
});

test('a link that is there unfinished is followed, and it says so', async () => {
  const longhaul = fakeLonghaul([{ link, status: 'downloading', name: 'film.mkv', runner: 'other' }]);
  const run = await begun(longhaul, ['get', link]);
  assert.match(run.stderr, /^· film\.mkv: already there as 1 \(why downloading\), following it; it goes to \/d\n/);
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
});

test('what was asked for beside a link that is followed is named where it does not count', async () => {
  const begun1 = {
    link,
    name: 'film.mkv',
    runner: 'other',
    directory: '/d',
    options: { name: 'x', maxTries: 2 },
  } as const;
  const longhaul = fakeLonghaul([{ ...begun1, status: 'downloading' }]);
  const run = await begun(longhaul, ['get', '-d', 'sub', '-o', 'y', '-H', 'A: b', '--max-tries', '2', link]);
  assert.match(
    run.stderr,
    /^! film\.mkv: --dir, --out and --header are ignored, since download 1 goes on as it was begun; for one of its own add --if-exists new\n/,
  );
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  const again = await begun(fakeLonghaul([{ ...begun1, status: 'paused' }]), [
    'get',
    '--if-exists',
    'new',
    '-o',
    'y',
    link,
  ]);
  assert.equal(again.stderr, '');
  again.signal('SIGINT');
  await again.ended;
});

test('on a terminal it asks before it downloads again what was delivered; without one it downloads', async () => {
  const there = () => fakeLonghaul([{ link, ...delivered }]);
  const no = session(['get', link], { longhaul: there(), columns: 80, typed: 'n\n' });
  assert.equal(await no.ended, 0);
  assert.match(no.stderr, /film\.mkv: was delivered as 1 \(\/current\/film\.mkv\)\. Download it again\? \[y\]es/);
  assert.match(no.stderr, /film\.mkv: left alone, it is there as 1/);
  for (const options of [{ columns: 80, typed: 'y\n' }, { columns: 80 }, {}]) {
    const longhaul = there();
    const run = await begun(longhaul, ['get', link], options);
    longhaul.change(2, delivered);
    assert.equal(await run.ended, 0);
    assert.equal(longhaul.rows.size, 2);
  }
});

test('Ctrl-C at the question ends it, also where nothing is typed any more', async () => {
  const longhaul = fakeLonghaul([{ link, ...delivered }]);
  const run = session(['get', link], { longhaul, columns: 80, typing: new PassThrough() });
  while (!run.stderr.includes('Download it again?')) await new Promise(setImmediate);
  run.signal('SIGINT');
  assert.equal(await run.ended, 130);
  assert.match(run.stderr, /interrupted/);
  assert.equal(longhaul.rows.size, 1);
});

test('one answer may be meant for all', async () => {
  const links = ['a', 'b', 'c'].map((name) => `https://host/${name}`);
  const longhaul = fakeLonghaul(links.map((one) => ({ ...delivered, link: one })));
  const run = session(['get', ...links], { longhaul, columns: 80, typed: 'v\n' });
  assert.equal(await run.ended, 0);
  assert.equal(run.stderr.match(/Download it again/g)?.length, 1);
  assert.equal(longhaul.rows.size, 3);
});

test('--if-exists and queue.if_exists decide without a question', async () => {
  const skipped = session(['get', '--if-exists', 'skip', link], {
    longhaul: fakeLonghaul([{ link, ...delivered }]),
    columns: 80,
    typed: '',
  });
  assert.equal(await skipped.ended, 0);
  assert.doesNotMatch(skipped.stderr, /\?/);
  assert.equal(skipped.stdout, '');
  const followed = session(['get', '--if-exists', 'follow', link], {
    longhaul: fakeLonghaul([{ link, ...delivered }]),
  });
  assert.equal(await followed.ended, 0);
  assert.match(followed.stdout, /\/current\/film\.mkv/);
  const busy = fakeLonghaul([{ link, status: 'downloading', runner: 'other' }]);
  const left = session(['get', '--json', '--if-exists', 'skip', link], { longhaul: busy });
  assert.equal(await left.ended, 0);
  assert.equal(downloadSchema.parse(JSON.parse(left.stdout)).status, 'downloading');
  const wrong = session(['get', '--if-exists', 'maybe', link]);
  assert.equal(await wrong.ended, 2);
  assert.match(wrong.stderr, /maybe.*follow, new, skip/);
});

test('the same link twice on one command line is one download', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', link, link]);
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  assert.equal(run.stdout.split('\n').length, 2);
});

test('the first Ctrl-C closes decently and says how to go on', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', link]);
  run.signal('SIGINT');
  assert.equal(await run.ended, 130);
  assert.equal(longhaul.closed, true);
  assert.match(run.stderr, /stopped; resume with: longhaul resume-downloads\n$/);
  assert.equal(run.stdout, '');
});

test('the second Ctrl-C does not wait for a close that hangs', async () => {
  const clock = manualClock();
  const longhaul = { ...fakeLonghaul(), close: () => new Promise<void>(() => {}) };
  const run = await begun(longhaul, ['get', link], { clock });
  run.signal('SIGTERM');
  await clock.advance(1000);
  run.signal('SIGTERM');
  assert.equal(await run.ended, 130);
});

test('warnings of the opening are told, and a store in memory does not change the exit code', async () => {
  const longhaul = fakeLonghaul([], ['the database cannot be used: downloading without it']);
  const run = await begun(longhaul, ['get', link]);
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  assert.match(run.stderr, /^! the database cannot be used: downloading without it\n/);
});

test('on a terminal bars are drawn on stderr, and nothing of them is left at the end', async () => {
  const clock = manualClock();
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', link], { columns: 80, clock });
  longhaul.change(1, { status: 'downloading', name: 'film.mkv' });
  await turn();
  longhaul.progress({ downloadId: 1, name: 'film.mkv', bytes: 500, totalBytes: 1000, speed: 100, eta: 5000 });
  await clock.advance(200);
  assert.match(run.stderr, /film\.mkv █+░+ 50\.0 % +500 B of 1 kB +100 B\/s +5 s/);
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  assert.equal(run.stdout, '✔ /current/film.mkv  1 kB · 0 ms · checksum matches\n');
  assert.ok(run.stderr.endsWith('\u001b[?25h'), 'the cursor is given back');
});

test('resume-downloads takes what is unfinished and not paused, oldest first, until nothing is left', async () => {
  const longhaul = fakeLonghaul([
    { name: 'a', status: 'pending' },
    { name: 'b', status: 'paused' },
    { name: 'c', status: 'completed' },
    { name: 'd', status: 'retrying' },
  ]);
  const preview = session(['resume-downloads', '--dry-run'], { longhaul });
  assert.equal(await preview.ended, 0);
  assert.equal(preview.stdout, '○ 1 a: would go on; why pending\n↺ 4 d: would go on; why retrying\n');
  const run = await begun(longhaul, ['resume-downloads', '--parallel', '2'], {}, 2);
  assert.deepEqual(run.opened.at(-1), { role: 'resume-downloads', anyRunner: true, engine: true, slots: 2 });
  longhaul.change(1, delivered);
  longhaul.change(4, { status: 'failed', errorClass: 'refused' });
  assert.equal(await run.ended, 3);
  const nothing = session(['resume-downloads'], { longhaul });
  assert.equal(await nothing.ended, 0);
  assert.match(nothing.stderr, /nothing to resume/);
});

test('who only follows what another process downloads hears at Ctrl-C that it goes on', async () => {
  const longhaul = fakeLonghaul([{ link, status: 'downloading', runner: 'another', lockedBy: 'another' }]);
  const run = await begun(longhaul, ['get', link]);
  run.signal('SIGINT');
  assert.equal(await run.ended, 130);
  assert.match(run.stderr, /no longer following; the process that downloads it goes on\n$/);
});

test('Ctrl-C where a password is asked for is an interruption', async () => {
  const run = session(['get', '--user', 'me', link], { columns: 80, typed: '\u0003' });
  assert.equal(await run.ended, 130);
  assert.match(run.stderr, /✖ interrupted; nothing was done\n$/);
});

test('an input file without links is no mistake, and is said', async () => {
  const run = session(['get', '-i', '/dev/null'], { longhaul: fakeLonghaul() });
  assert.equal(await run.ended, 0);
  assert.equal(run.stderr, 'there are no links in /dev/null; nothing to do\n');
});

test('a name that no file may have is changed, and the person is told', async () => {
  const longhaul = fakeLonghaul();
  const run = await begun(longhaul, ['get', '-o', '.hidden', link]);
  longhaul.change(1, delivered);
  await run.ended;
  assert.match(run.stderr, /--out \.hidden is no safe name; the file is called _hidden\n/);
});

const mixed = () =>
  fakeLonghaul([
    { name: 'new', position: 1 },
    { name: 'lost', status: 'failed', errorClass: 'network', errorMessage: 'reset', retryCount: 4 },
    { name: 'gone', status: 'failed', errorClass: 'refused', errorMessage: '404' },
    { name: 'slow', status: 'failed', errorClass: 'server', errorMessage: '503', retryCount: 1 },
    { name: 'held', status: 'downloading', lockedBy: 'dead' },
  ]);

test('resume-downloads tries first what failed and may go better, the oldest first, and says what it leaves', async () => {
  const preview = session(['resume-downloads', '--dry-run', '--clean-stale-locks'], { longhaul: mixed() });
  assert.equal(await preview.ended, 0);
  assert.equal(
    preview.stdout,
    `✖ 2 lost: would be tried again after 4 retries; it failed: reset
✖ 4 slow: would be tried again after 1 retry; it failed: 503
○ 1 new: would go on; why pending
↓ 5 held: would go on; why downloading
`,
  );
  assert.match(preview.stderr, /5 held: would be released; `get` \(process 42 on tower\) that held it is gone/);
  assert.match(preview.stderr, /1 left alone: failed for good/);
  const longhaul = mixed();
  const run = await begun(longhaul, ['resume-downloads', '--max-retries', '4', '--limit', '2'], {}, 2);
  assert.deepEqual(run.opened.at(-1), { role: 'command', engine: true });
  assert.match(run.stderr, /1 left alone: retried as often as --max-retries allows/);
  assert.deepEqual(
    [...longhaul.rows.values()].map(({ status }) => status),
    ['pending', 'failed', 'failed', 'pending', 'downloading'],
  );
  assert.deepEqual(
    (await longhaul.commands.queued({})).map(({ id }) => id),
    [4, 1],
    'at the top of the queue',
  );
  longhaul.change(4, delivered);
  longhaul.change(1, delivered);
  assert.equal(await run.ended, 0);
  assert.equal(longhaul.rows.get(5)?.status, 'downloading', 'more than its limit it does not take');
});

test('resume-downloads tells what is added while it runs, and counts it', async () => {
  const longhaul = fakeLonghaul([{ name: 'first', status: 'pending' }]);
  const run = await begun(longhaul, ['resume-downloads']);
  longhaul.add({ name: 'second', status: 'pending' });
  longhaul.add({ name: 'of a get', status: 'pending', runner: 'another' });
  await longhaul.untilWaiting(2);
  longhaul.change(2, { status: 'failed', errorClass: 'refused', errorMessage: '404' });
  longhaul.change(3, { status: 'completed' });
  longhaul.change(1, { ...delivered, name: 'first' });
  assert.equal(await run.ended, 3);
  assert.match(run.stderr, /second: why failed\n/);
  assert.doesNotMatch(run.stdout + run.stderr, /of a get/);
});
