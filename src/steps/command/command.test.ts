import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { stepBench } from '../../../test/support/step-run.ts';
import { pathTells } from '../../../test/support/tells.ts';
import { defaults } from '../../config/defaults.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import { fillArguments } from './arguments.ts';
import { commandKind } from './command.ts';

interface Stage {
  readonly folder: string;
  run(run: readonly string[], more?: object, signal?: AbortSignal, mark?: unknown): Promise<string | undefined>;
}

async function stage(t: TestContext, clock: Clock = systemClock): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-command-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, '-y $(touch evil); .mkv');
  await writeFile(path, 'x');
  return {
    folder,
    async run(run, more = {}, signal = new AbortController().signal, mark) {
      const own = { run, environment: {}, timeout: 60_000, repeat: true, ...more };
      const step = commandKind({ config: { ...defaults, commands: { own } } as never, clock }).make('own');
      const bench = stepBench();
      bench.mark = mark;
      const files = [{ path, size: 1, main: true }];
      return (await bench.run(step, { files, directory: folder, work: folder }, signal)).note;
    },
  };
}

test('no shell sees an argument, and the program sees only the environment that it is given', async (t) => {
  const on = await stage(t);
  const script = 'console.log(JSON.stringify([process.argv.slice(1), process.env, process.cwd()]))';
  const out = join(on.folder, 'out.json');
  const write = `require("fs").writeFileSync(${JSON.stringify(out)}, ${script.slice('console.log('.length, -1)})`;
  await on.run([process.execPath, '-e', write, '--', '{path}', 'name={name}', '{files}', '{print}', '$HOME'], {
    environment: { MODE: 'fast' },
  });
  const [args, env, cwd] = JSON.parse(await readFile(out, 'utf8')) as [string[], Record<string, string>, string];
  const name = '-y $(touch evil); .mkv';
  assert.deepEqual(args, [join(on.folder, name), `name=${name}`, join(on.folder, name), '{print}', '$HOME']);
  assert.equal(cwd, on.folder);
  const allowed = /^(PATH|MODE|LONGHAUL_[A-Z_]+|__CF_USER_TEXT_ENCODING)$/;
  assert.deepEqual(
    Object.keys(env).filter((key) => !allowed.test(key)),
    [],
  );
  assert.deepEqual([env.MODE, env.LONGHAUL_NAME], ['fast', name]);
});

test('its last words are kept short, and another exit code than 0 is a failure with them', async (t) => {
  const on = await stage(t);
  const node = (script: string) => [process.execPath, '-e', script];
  assert.equal(await on.run(node('console.log("a\\nlast \\u001b[31mword")')), 'own is done: last word');
  const long = await on.run(node('console.log("x".repeat(5000))'));
  assert.ok((long ?? '').length < 400);
  await assert.rejects(on.run(node('console.error("no disk"); process.exit(3)')), {
    class: 'program',
    message: 'own ended with exit code 3: no disk',
    retry: { when: 'never' },
  });
  await assert.rejects(on.run(node('process.exit(75)')), { retry: { when: 'now' } });
  await assert.rejects(on.run(['/none/scan']), /own: \/none\/scan is not there or cannot be run/);
});

test('one that does not end in time, or is cancelled, is ended with everything that it started', async (t) => {
  const clock = manualClock();
  const on = await stage(t, clock);
  const pids = join(on.folder, 'pids');
  const child = `setInterval(()=>{},1000);require("fs").appendFileSync(${JSON.stringify(pids)}, process.pid+"\\n")`;
  const parent = `require("child_process").spawn(process.execPath,["-e",${JSON.stringify(child)}],{stdio:"inherit"});${child}`;
  for (const how of ['timeout', 'cancel'] as const) {
    await rm(pids, { force: true });
    const stopping = new AbortController();
    const ending = on.run([process.execPath, '-e', parent], { timeout: 60_000 }, stopping.signal);
    ending.catch(() => {});
    await pathTells(on.folder, async () => {
      const both = (await readFile(pids, 'utf8').catch(() => '')).split('\n').length === 3;
      return both || undefined;
    });
    if (how === 'cancel') stopping.abort(new Error('cancelled'));
    else await clock.advance(60_000);
    await assert.rejects(ending, how === 'timeout' ? /did not end within 1m, and was ended/ : /cancelled/);
    for (const pid of (await readFile(pids, 'utf8')).trim().split('\n')) {
      // One that nobody has waited for yet is a zombie.
      const state = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim();
      assert.match(state, /^Z|^$/, `${how}: ${pid} is still there`);
    }
  }
});

test('one that must not run twice is not run again after a crash', async (t) => {
  const on = await stage(t);
  const signal = new AbortController().signal;
  const run = [process.execPath, '-e', ''];
  await assert.rejects(
    on.run(run, { repeat: false }, signal, { begun: true }),
    /own was cut off before its end, and is not run twice/,
  );
  assert.equal(await on.run(run, { repeat: true }, signal, { begun: true }), 'own is done');
});

test('a command that the configuration does not name is refused', () => {
  const kind = (commands: object) => commandKind({ config: { ...defaults, commands } as never, clock: systemClock });
  assert.throws(() => kind({}).make('rm -rf /'), /there is no command "rm -rf \/"; the configuration has none/);
  assert.throws(() => kind({ scan: {} }).make('scam'), /did you mean scan\?/);
  assert.throws(() => kind({ scan: {} }).make('__proto__'), /there is no command/);
});

test('whatever is filled in, one argument stays one argument', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (args, name) => {
      const given = args.filter((arg) => arg !== '{files}');
      const context = { uid: 'u', name, files: [], directory: '/', link: '', category: undefined } as never;
      assert.equal(fillArguments(given, context).length, given.length);
    }),
  );
});
