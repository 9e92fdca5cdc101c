import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

/** What bash offers after this command line, asked of bash's own completion. */
const asks = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
complete -p longhaul >/dev/null || exit 9
_longhaul longhaul "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;

async function bash() {
  const place = await ownPlace();
  const script = await scriptFor('bash', place);
  await mkdir(join(place.cwd, 'my films'));
  return {
    offers(...words: string[]): string[] {
      const asked = spawnSync('bash', ['-c', asks, 'bash', script, ...words], { encoding: 'utf8', cwd: place.cwd });
      assert.equal(asked.status, 0, asked.stderr);
      return asked.stdout.split('\n').filter((word) => word !== '');
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

test('bash completes verbs, options, choices and folders', async () => {
  await using shell = await bash();
  assert.deepEqual(shell.offers('longhaul', 're'), ['resume-downloads', 'resume', 'retry', 'remove']);
  assert.deepEqual(shell.offers('longhaul', 'get', '--ma'), ['--max-tries']);
  assert.deepEqual(shell.offers('longhaul', 'list', '--status', 'pa'), ['paused']);
  assert.deepEqual(shell.offers('longhaul', 'config', ''), ['check', 'show', 'path']);
  assert.deepEqual(shell.offers('longhaul', 'completion', 'z'), ['zsh']);
  assert.deepEqual(shell.offers('longhaul', 'get', '-d', 'my'), ['my films']);
  assert.deepEqual(shell.offers('longhaul', '--log-level', 'de'), ['debug']);
});

test('an option with a value before the verb does not hide the verb', async () => {
  await using shell = await bash();
  assert.deepEqual(shell.offers('longhaul', '--home', '/x', 'lis'), ['list']);
  assert.deepEqual(shell.offers('longhaul', '--home', 'list', 'get', '--che'), ['--checksum']);
});

test('after an id or a link nothing is invented', async () => {
  await using shell = await bash();
  assert.deepEqual(shell.offers('longhaul', 'pause', ''), []);
  assert.deepEqual(shell.offers('longhaul', 'get', '--max-tries', ''), []);
});

test('zsh reads its script', needs('zsh'), async () => {
  await using place = await ownPlace();
  const read = spawnSync('zsh', ['-n', await scriptFor('zsh', place)], { encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
});

test('fish completes verbs, options and choices', needs('fish'), async () => {
  await using place = await ownPlace();
  const script = await scriptFor('fish', place);
  const offers = (line: string): string[] => {
    const command = 'source $argv[1]; complete -C $argv[2]';
    const asked = spawnSync('fish', ['--no-config', '-c', command, script, line], {
      encoding: 'utf8',
      cwd: place.cwd,
      env: { ...process.env, HOME: place.cwd },
    });
    assert.equal(asked.status, 0, asked.stderr);
    return asked.stdout
      .split('\n')
      .flatMap((offer) => offer.split('\t').slice(0, 1))
      .filter((word) => word !== '');
  };
  assert.deepEqual(offers('longhaul res').toSorted(), ['resume', 'resume-downloads']);
  assert.deepEqual(offers('longhaul list --status pa'), ['paused']);
  assert.ok(offers('longhaul get --max').includes('--max-tries'));
});

async function scriptFor(shell: string, place: Place): Promise<string> {
  const script = join(place.cwd, 'script');
  const { stdout, code } = await run(['completion', shell], place);
  assert.equal(code, 0);
  await writeFile(script, stdout);
  return script;
}
