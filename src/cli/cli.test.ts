import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { fakeLonghaul } from '../../test/support/fake-longhaul.ts';
import { session } from '../../test/support/terminal.ts';
import { addedSchema, controlledSchema, downloadSchema, historySchema, shownSchema } from '../contract/schemas.ts';
import { StoreFailure } from '../store/store.ts';
import { commandTree } from './program.ts';

const link = 'https://host/film.mkv';
const silent = { columns: 80, out: () => {}, err: () => {} };

/** Verbs, and the verbs below them. */
async function leaves(): Promise<Command[]> {
  const tree = await commandTree(undefined, silent);
  return tree.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
}

test('every verb has help with an example, and --json', async () => {
  const all = await leaves();
  assert.ok(all.length >= 16);
  for (const command of all) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    assert.match(help, /Examples?:\n {2}\$ longhaul /, command.name());
    assert.ok(
      command.options.some(({ long }) => long === '--json'),
      command.name(),
    );
  }
});

test('a mistake is one sentence on stderr that says what is right, and exit code 2', async () => {
  const mistakes = [
    { argv: ['lst'], says: /^✖ unknown command 'lst'; did you mean list\?\n$/ },
    { argv: ['list', '--stauts', 'failed'], says: /^✖ unknown option '--stauts'; did you mean --status\?\n$/ },
    { argv: [link], says: /^✖ a verb is missing; did you mean: longhaul get https:\/\/host\/film\.mkv\n$/ },
    { argv: ['get'], says: /^✖ missing required argument 'link'/ },
    { argv: ['list', '--status', 'done'], says: /'done' is invalid.*allowed are pending, downloading/ },
    { argv: ['get', '--max-tries', 'many', link], says: /must be a whole number, 1 or more/ },
    { argv: ['get', '--wait', 'soon', link], says: /such as 30s, 10m or 1h30m/ },
    { argv: ['get', '--checksum', 'sha-256=abc', link], says: /64 hex digits/ },
    { argv: ['get', '--header', 'oops', link], says: /Name: value/ },
    { argv: ['get', '-o', '../../x', link], says: /not a path; name the folder with --dir/ },
    { argv: ['get', '-o', 'x'.repeat(300), link], says: /300 bytes long and a file name can have 255/ },
    { argv: ['get', '-o', 'x', '-o', 'y', link], says: /It is given twice; one file has one name/ },
    { argv: ['get', `${link}[3-1]`], says: /^✖ the glob \[3-1\] runs backwards/ },
    { argv: ['get', '-o', 'x', link, `${link}2`], says: /--out names one file and 2 links were given/ },
    { argv: ['get', '--limit-rate', 'fast', link], says: /must be off, or a rate such as 2MB or 500kB/ },
    { argv: ['limit', '1', 'fast'], says: /"fast" is not a rate; it must be off, default, or a rate such as 2MB/ },
    { argv: ['limit', '--all', '0'], says: /"0" is not a rate/ },
    { argv: ['limit', '--all'], says: /--all needs a rate/ },
    { argv: ['limit', '--all', '1', '2MB'], says: /leave the ids out/ },
    { argv: ['limit', '2MB'], says: /name downloads and a rate .*, or all of them/ },
    { argv: ['--set', 'queue.slotz=2', 'list'], says: /there is no such key; did you mean queue\.slots\?/ },
    { argv: ['--set', 'queue.slots', 'list'], says: /key=value/ },
    { argv: ['--log-level', 'loud', 'list'], says: /allowed are trace, debug/ },
    { argv: ['completion', 'tcsh'], says: /allowed are bash, zsh, fish/ },
    { argv: ['--json', 'list'], says: /^✖ --json belongs behind the verb: longhaul list --json\n$/ },
    { argv: ['--nonsense', 'list'], says: /^✖ unknown option '--nonsense'\n$/ },
    { argv: ['config', 'chek'], says: /unknown command 'chek'; did you mean check\?/ },
  ];
  for (const { argv, says } of mistakes) {
    const run = session(argv);
    assert.equal(await run.ended, 2, argv.join(' '));
    assert.match(run.stderr, says);
    assert.equal(run.stderr.trimEnd().split('\n').length, 1, run.stderr);
    assert.equal(run.stdout, '');
  }
});

test('without a verb the help comes, on stderr, with exit code 2; asked for, on stdout with 0', async () => {
  const none = session([]);
  assert.equal(await none.ended, 2);
  assert.match(none.stderr, /^Usage: longhaul/);
  const asked = session(['--help']);
  assert.equal(await asked.ended, 0);
  assert.match(asked.stdout, /resume-downloads/);
  assert.equal(asked.stderr, '');
  const ofOne = session(['help', 'get']);
  assert.equal(await ofOne.ended, 0);
  assert.match(ofOne.stdout, /^Usage: longhaul get/);
});

test('a store that cannot be used is exit code 5, a bug 1 without its stack', async () => {
  const locked = session(['list'], {
    open: () => Promise.reject(new StoreFailure('the database is locked by another program')),
  });
  assert.equal(await locked.ended, 5);
  assert.equal(locked.stderr, '✖ the database is locked by another program\n');
  const broken = session(['list'], {
    open: () => Promise.reject(new TypeError('x is not a function')),
    env: { LONGHAUL_HOME: '/dev/null/nowhere' },
  });
  assert.equal(await broken.ended, 1);
  assert.match(broken.stderr, /^✖ unexpected error: x is not a function; .*please report it\n$/);
  assert.doesNotMatch(broken.stderr, /\n\s+at /);
});

test('what was typed stays on one line of the refusal, and an unknown shell names the known ones', async () => {
  const name = session(['get', '-o', 'a\nb', 'https://host/x']);
  assert.equal(await name.ended, 2);
  assert.match(name.stderr, /^✖ [^\n]*argument 'a�b' is invalid[^\n]*\n$/);
  const shell = session(['completion', 'foo']);
  assert.equal(await shell.ended, 2);
  assert.equal(shell.stderr, "✖ 'foo' is no shell that is known; allowed are bash, zsh, fish.\n");
});

test('list shows a table, newest first, names made harmless, and says when there is more', async () => {
  const longhaul = fakeLonghaul([
    { name: 'old.mkv', status: 'completed', fileSize: 1_200_000_000 },
    { name: 'evil\u001b[31m\u202ename', status: 'failed' },
    { name: '映画.mkv', status: 'downloading', bytesDownloaded: 450, totalBytes: 1000 },
  ]);
  const run = session(['list', '--limit', '2'], { longhaul, columns: 80 });
  assert.equal(await run.ended, 0);
  assert.deepEqual(run.stdout.trimEnd().split('\n'), [
    'ID  STATUS         DONE  SIZE  NAME',
    ' 3  downloading  45.0 %  1 kB  映画.mkv',
    ' 2  failed                  -  evil�name',
  ]);
  assert.match(run.stderr, /the newest 2; more with --limit N or --all/);
  assert.deepEqual(run.opened, [{ role: 'command', engine: false }]);
  assert.equal(longhaul.closed, true);
});

test('what is delivered but not as it was asked for is seen in the list, and in full in show', async () => {
  const warning = 'convert: 1 of 3 could not be converted and stays as it was: b.mkv (cut off)';
  const longhaul = fakeLonghaul([{ name: 'season', status: 'completed', downloadPath: '/d/season', warning }]);
  const table = session(['list'], { longhaul });
  await table.ended;
  assert.match(table.stdout, /^ 1 {2}completed, with a warning .* season$/m);
  const shown = session(['show', '1'], { longhaul });
  await shown.ended;
  assert.match(shown.stdout, /^ {2}warning {3}convert: 1 of 3 could not be converted .*: b\.mkv \(cut off\)$/m);
});

test('a delivered download goes by the name it was delivered under', async () => {
  const longhaul = fakeLonghaul([
    { name: 'p1.txt', status: 'completed', directory: '/d', downloadPath: '/d/p1 (4).txt' },
    { name: 'season', status: 'completed', directory: '/d', downloadPath: '/d' },
  ]);
  const table = session(['list'], { longhaul });
  await table.ended;
  assert.match(table.stdout, / season\n.* p1 \(4\)\.txt\n$/);
  const json = session(['show', '1', '--json'], { longhaul });
  await json.ended;
  assert.equal(JSON.parse(json.stdout).name, 'p1 (4).txt');
});

test('a very long link is cut where it stands for a name, and whole where it is told', async () => {
  const longhaul = fakeLonghaul([{ name: null, link: `https://host/${'x'.repeat(9000)}`, status: 'failed' }]);
  const table = session(['list'], { longhaul });
  await table.ended;
  assert.ok(table.stdout.length < 400);
  const json = session(['list', '--json'], { longhaul });
  await json.ended;
  assert.ok(json.stdout.length > 9000);
});

test('--json of each verb keeps its schema, one object a line', async () => {
  const longhaul = fakeLonghaul([
    { name: 'a\u009b31m' },
    { status: 'failed', errorClass: 'refused', errorMessage: '404' },
  ]);
  const list = session(['list', '--json'], { longhaul });
  assert.equal(await list.ended, 0);
  const lines = list.stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => downloadSchema.parse(JSON.parse(line)).id),
    [2, 1],
  );
  assert.doesNotMatch(list.stdout, /\u009b/);
  const history = session(['history', '--json'], { longhaul });
  await history.ended;
  assert.equal(historySchema.parse(JSON.parse(history.stdout)).statistics.failed, 1);
  const show = session(['show', '2', '--json'], { longhaul });
  await show.ended;
  assert.equal(shownSchema.parse(JSON.parse(show.stdout)).why, 'why failed');
  assert.equal(list.stderr + history.stderr + show.stderr, '');
  const pause = session(['pause', '1', '--json'], { longhaul });
  await pause.ended;
  const { status, obeyed } = controlledSchema.parse(JSON.parse(pause.stdout));
  assert.deepEqual({ status, obeyed }, { status: 'paused', obeyed: true });
  const add = session(['add', '--json', link], { longhaul });
  await add.ended;
  const { followed, willRun } = addedSchema.parse(JSON.parse(add.stdout));
  assert.deepEqual({ followed, willRun }, { followed: true, willRun: false });
});

test('add says where it goes, and that nobody is running', async () => {
  const longhaul = fakeLonghaul();
  const run = session(['add', '--meta', 'for=ann', '--header', 'X-A: b', '--max-tries', '3', link, 'nonsense'], {
    longhaul,
  });
  assert.equal(await run.ended, 2);
  assert.match(run.stdout, /1 https:\/\/host\/film\.mkv: added, goes to \/configured/);
  assert.match(run.stderr, /✖ "nonsense" is not a link/);
  assert.match(run.stderr, /nobody is running who takes them: start with longhaul resume-downloads/);
  const { metadata, options, directory } = longhaul.rows.get(1) ?? {};
  assert.deepEqual(
    { metadata, options, directory },
    { metadata: { for: 'ann' }, options: { headers: ['X-A: b'], maxTries: 3 }, directory: '/configured' },
  );
});

test('each of several ids gets its line; the most serious code wins', async () => {
  const longhaul = fakeLonghaul([
    { name: 'a', status: 'downloading' },
    { name: 'b', status: 'completed' },
  ]);
  const run = session(['pause', '1', '2', '99'], { longhaul });
  assert.equal(await run.ended, 2);
  assert.equal(run.stdout, '‖ 1 a: paused\n');
  assert.match(run.stderr, /✖ download 2 is completed\n✖ there is no download 99; longhaul list --all/);
});

test('resume says who goes on with it', async () => {
  const run = session(['resume', '1'], { longhaul: fakeLonghaul([{ name: 'a', status: 'paused' }]) });
  assert.equal(await run.ended, 0);
  assert.equal(run.stdout, '○ 1 a: resumed; why pending\n');
});

test('more than one delivered file is not deleted while nobody can confirm it', async () => {
  const longhaul = fakeLonghaul([
    { name: 'season', status: 'completed' },
    { name: 'film', status: 'completed' },
  ]);
  longhaul.deliver(1, '/d/a', '/d/b');
  longhaul.deliver(2, '/d/c');
  const refused = session(['remove', '--delete-files', '1'], { longhaul });
  assert.equal(await refused.ended, 2);
  assert.match(refused.stderr, /deletes 2 delivered files and nobody is here to confirm it; add --yes/);
  assert.equal(longhaul.rows.size, 2);
  const single = session(['remove', '--delete-files', '2'], { longhaul });
  assert.equal(await single.ended, 0);
  const confirmed = session(['remove', '--delete-files', '--yes', '1'], { longhaul });
  assert.equal(await confirmed.ended, 0);
  assert.equal(longhaul.rows.size, 0);
});

test('remove --uploaded keeps the row of what the host did not delete', async () => {
  const longhaul = fakeLonghaul([
    { name: 'talk', status: 'completed', resultLink: 'https://host/gone.m4a' },
    { name: 'film', status: 'completed', resultLink: 'https://host/kept.mkv' },
  ]);
  const run = session(['remove', '--uploaded', '1', '2', '9'], { longhaul });
  assert.equal(await run.ended, 2);
  assert.match(run.stderr, /https:\/\/host\/gone\.m4a: deleted\n.*kept\.mkv is still there: nas: it refuses this\n/);
  assert.deepEqual([...longhaul.rows.keys()], [2]);
});

test('config check reads the files that the configuration names', async () => {
  const flags = [
    '--set',
    'http.ca_file=/nowhere.pem',
    '--set',
    'http.cookie_file=/dev/null',
    '--set',
    'http.netrc=/nowhere.netrc',
    '--set',
    'sftp.key_file=/nowhere.key',
    '--set',
    'database.url=mysql://me:secret@host/x',
  ];
  const run = session([...flags, 'config', 'check']);
  assert.equal(await run.ended, 2);
  assert.deepEqual(run.stderr.trim().split('\n'), [
    '✖ http.ca_file: the ca_file /nowhere.pem does not exist',
    '✖ http.netrc: the netrc file /nowhere.netrc does not exist',
    '✖ sftp.key_file: /nowhere.key cannot be read',
    '✖ database.url is not the address of a PostgreSQL database; set it to an address such as postgres://HOST:5432/DATABASE, with USER:PASSWORD@ before the host',
  ]);
});

test('config check reads the steps that the configuration names as --then is read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const check = async (config: object) => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, JSON.stringify(config));
    const run = session(['--config', file, 'config', 'check']);
    return { code: await run.ended, ...run };
  };
  const talks = { steps: ['convert=acc', 'checksum', 'upload=nowhere'], keep: 'result' };
  const refused = await check({ categories: { talks, films: { steps: ['remux'] } }, upload: { to: 'nas' } });
  assert.equal(refused.code, 2, refused.stderr);
  const keys = refused.stderr.split('\n').map((line) => /^✖ (\S+): there is no/.exec(line)?.[1]);
  assert.deepEqual(keys, [
    'upload.to',
    'categories[talks][steps][0]',
    'categories[talks][steps][2]',
    'categories[films][steps][0]',
    undefined,
  ]);
  assert.match(refused.stderr, /did you mean aac\?/);
  const good = await check({ categories: { talks: { steps: ['checksum'], keep: 'none' } } });
  assert.equal(good.code, 0);
  assert.match(good.stdout, /categories\[talks\]\[keep\]: none removes everything, and no step sends it anywhere/);
});
