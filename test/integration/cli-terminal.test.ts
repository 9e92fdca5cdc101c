import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { anyMeasure } from '../../src/cli/measure.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { patterned } from '../support/http-bench.ts';
import { needs } from '../support/needs.ts';
import { ownPlace, type Place } from '../support/program.ts';
import { askedUntil } from '../support/tells.ts';

const program = resolve(import.meta.dirname, '../../dist/main.js');
const measure = await anyMeasure();
const body = patterned(3_000_000);
/** How long a screen is looked at, ms. */
const patience = 20_000;
const wide = `${'映画'.repeat(37)}.mkv`;

/** A real terminal of so many columns, in which one command runs; `screen` is what a person sees. */
function terminal(command: string, columns: number, place: Place) {
  const socket = join(place.cwd, 'tmux');
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const env = [
    `LONGHAUL_HOME=${place.home}`,
    'LANG=C.UTF-8',
    'LC_ALL=C.UTF-8',
    'TERM=screen-256color',
    `PATH=${process.env.PATH}`,
  ];
  const line = `env -i ${env.map((one) => `'${one}'`).join(' ')} '${process.execPath}' '${program}' ${command}; echo "ended $?"; exec sleep 600`;
  tmux('-u', 'new-session', '-d', '-x', String(columns), '-y', '24', '-c', place.cwd, line);
  return {
    screen: () => tmux('capture-pane', '-p').trimEnd().split('\n'),
    keys: (...keys: string[]) => tmux('send-keys', ...keys),
    until(text: RegExp): Promise<string[]> {
      const end = performance.now() + patience;
      return askedUntil(async () => {
        const screen = this.screen();
        if (text.test(screen.join('\n'))) return screen;
        assert.ok(performance.now() < end, `the screen never showed ${text}:\n${screen.join('\n')}`);
        return undefined;
      });
    },
    [Symbol.dispose]: () => void tmux('kill-server'),
  };
}

for (const columns of [60, 80, 200]) {
  test(
    `at ${columns} columns a bar stays on its line, whatever the name, and is gone at the end`,
    needs('tmux'),
    async () => {
      await using place = await ownPlace();
      const stalled = ({ number }: { number: number }) =>
        number <= 2 ? ({ do: 'silence', after: 1_000_000 } as const) : ({ do: 'serve' } as const);
      const server = await startFaultServer({ body, script: stalled });
      try {
        // One connection each: the rest of neither comes over another.
        const links = `'${server.url}/${encodeURIComponent(wide)}' '${server.url}/b.iso'`;
        using seen = terminal(`get --connections 1 ${links}`, columns, place);
        const running = await seen.until(/映.*33\.3 %[\s\S]*b\.iso.*33\.3 %[\s\S]*0 of 2 done/);
        const bars = running.filter((line) => /[█░]/.test(line));
        assert.equal(bars.length, 2, running.join('\n'));
        for (const bar of bars) {
          assert.ok(measure(bar) < columns, bar);
          for (const part of [/^↓ /, /3[.\d]* %/, /3 MB/, /B\/s/]) assert.match(bar, part);
        }
        seen.keys('C-c');
        const after = await seen.until(/ended 130/);
        assert.match(after.join('\n'), /stopped; resume with: longhaul resume-downloads/);
        assert.doesNotMatch(after.join('\n'), /[█░]/);
      } finally {
        await server.close();
      }
    },
  );
}

test('the end is a line with path, size, time, speed and integrity', needs('tmux'), async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({ body });
  try {
    using seen = terminal(`get ${server.url}/b.iso`, 120, place);
    const after = await seen.until(/ended 0/);
    assert.match(after[0] ?? '', /^✔ \/.*\/b\.iso {2}3 MB · [\d.]+ m?s · [\d.]+ [MG]B\/s · same version$/);
    assert.equal(after[1], 'ended 0');
  } finally {
    await server.close();
  }
});

test('more than one delivered file is asked about, and no is the default', needs('tmux'), async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({ body: Buffer.from('hello') });
  try {
    using seen = terminal(
      `get ${server.url}/a ${server.url}/b >&2 && "${process.execPath}" "${program}" --home "${place.home}" remove --delete-files 1 2`,
      100,
      place,
    );
    await seen.until(/Delete 2 delivered files of 2 downloads\? \[y\/N\]/);
    seen.keys('Enter');
    const after = await seen.until(/ended 2/);
    assert.match(after.join('\n'), /nothing was deleted/);
  } finally {
    await server.close();
  }
});
