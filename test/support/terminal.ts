import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/cli.ts';
import type { CliParts } from '../../src/cli/context.ts';
import type { ExitCode } from '../../src/cli/exit-codes.ts';
import { openOutput } from '../../src/log/output.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { FakeLonghaul } from './fake-longhaul.ts';
import { manualClock } from './manual-clock.ts';

/** A command line in this process, whose terminal and signals are the test's own. */
export interface Session {
  /** Everything written so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly opened: readonly unknown[];
  readonly ended: Promise<ExitCode>;
  signal(name: 'SIGINT' | 'SIGTERM'): void;
}

export interface SessionOptions {
  readonly longhaul?: FakeLonghaul;
  readonly open?: CliParts['open'];
  readonly clock?: Clock;
  /** Left out: not a terminal. */
  readonly columns?: number;
  readonly colour?: boolean;
  /** What a person types, with its line ends; left out: nobody is there. */
  readonly typed?: string;
  /** The same, as it comes. */
  readonly typing?: Readable;
  readonly env?: Readonly<Record<string, string>>;
}

export function session(argv: readonly string[], options: SessionOptions = {}): Session {
  const stdout = stream(options.columns);
  const stderr = stream(options.columns);
  const env = { LANG: 'C.UTF-8', HOME: '/nowhere', ...options.env };
  const process = Object.assign(new EventEmitter(), { cwd: () => '/current', stdin: stdinOf(options) });
  const opened: unknown[] = [];
  const { longhaul, open } = options;
  const parts: CliParts = {
    output: openOutput({ stdout, stderr, env, colour: options.colour ?? false }),
    env,
    clock: options.clock ?? manualClock(),
    process: process as unknown as CliParts['process'],
    open:
      open ??
      (async (how) => {
        opened.push(how);
        if (!longhaul) throw new Error('this test opens nothing');
        return longhaul;
      }),
  };
  return {
    get stdout() {
      return stdout.text;
    },
    get stderr() {
      return stderr.text;
    },
    opened,
    ended: runCli(argv, parts),
    signal: (name) => void process.emit(name),
  };
}

function stdinOf({ typed, typing }: SessionOptions) {
  const typist = typing ?? (typed === undefined ? undefined : Readable.from([typed]));
  return typist === undefined ? { isTTY: false } : Object.assign(typist, { isTTY: true });
}

function stream(columns: number | undefined) {
  return {
    text: '',
    isTTY: columns !== undefined,
    ...(columns === undefined ? {} : { columns, rows: 24 }),
    writableLength: 0,
    write(text: string) {
      this.text += text;
      return true;
    },
    on: () => {},
  };
}
