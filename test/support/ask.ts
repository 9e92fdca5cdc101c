import { EventEmitter } from 'node:events';
import type { CliParts } from '../../src/cli/context.ts';
import type { Ended, Place } from './program.ts';

/**
 * Runs `longhaul ARGS…` to its end in the test's own process, with all that is real but the process: a tenth of what a
 * process costs. For verbs that ask, refuse or write a wish; where bytes move, or streams, signals and exits count, it
 * is `run`. While it runs, environment and current folder of this process are those of the place; calls wait for each
 * other.
 */
export function ask(args: readonly string[], place: Place): Promise<Ended> {
  const answer = line.then(() => answered(args, place));
  line = answer.catch(() => {});
  return answer;
}

let line: Promise<unknown> = Promise.resolve();

async function answered(args: readonly string[], place: Place): Promise<Ended> {
  if (place.env?.NODE_OPTIONS !== undefined) throw new Error('NODE_OPTIONS need a process of its own: run');
  const [{ runCli }, { openOutput }, { systemClock }] = await Promise.all([
    import('../../src/cli/cli.ts'),
    import('../../src/log/output.ts'),
    import('../../src/time/clock.ts'),
  ]);
  const [stdout, stderr] = [written(), written()];
  const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', LONGHAUL_HOME: place.home, ...place.env };
  const own = { env: process.env, cwd: process.cwd() };
  const signals = Object.assign(new EventEmitter(), { cwd: () => place.cwd, stdin: { isTTY: false } });
  process.env = { ...env };
  process.chdir(place.cwd);
  try {
    const output = openOutput({ stdout, stderr, env, colour: false });
    const code = await runCli(args, {
      output,
      env,
      clock: systemClock,
      process: signals as unknown as CliParts['process'],
    });
    return { code, signal: null, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.env = own.env;
    process.chdir(own.cwd);
  }
}

function written() {
  return {
    text: '',
    isTTY: false,
    writableLength: 0,
    write(text: string, done?: () => void) {
      this.text += text;
      done?.();
      return true;
    },
    on: () => {},
  };
}
