import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** A ready tool that keeps a rule. */
export interface Tool {
  readonly name: string;
  readonly reason: string;
  readonly command: readonly string[];
  /** Finds in the output how much was looked at; a tool without it fails by itself when there is nothing. */
  readonly looked?: RegExp;
  /** How many of them are there in any case, such as configuration files. */
  readonly always?: number;
}

/** How a check went. `failure` is empty when it held; `looked` is '' where the tool does not say how much it looked at. */
export interface Outcome {
  readonly name: string;
  readonly reason: string;
  readonly looked: string;
  readonly failure: string;
}

export const tools: readonly Tool[] = [
  {
    name: 'types',
    reason: 'The compiler found what would fail when it runs.',
    command: ['tsc', '-p', '.', '--diagnostics'],
    looked: /^Files:\s+(\d+)/m,
  },
  {
    name: 'format and lint',
    reason: 'One style, and no construct known to hide a fault; `npx biome check --write` mends most of it.',
    command: ['biome', 'check', '--error-on-warnings', '.'],
    looked: /Checked (\d+) files/,
    always: 6,
  },
  {
    name: 'promises',
    reason: 'A promise nobody awaits loses its error and outlives its caller.',
    command: ['oxlint', '--type-aware', '.'],
    looked: /on (\d+) files?/,
  },
  {
    name: 'dead code',
    reason: 'What nothing uses is read, kept and trusted for nothing; remove it.',
    command: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
  },
];

const programs = resolve(import.meta.dirname, '..', 'node_modules', '.bin');

/** Runs the tool in `root`, with the configuration that stands there. */
export function runTool({ name, reason, command, looked, always = 0 }: Tool, root: string): Outcome {
  const [program = '', ...args] = command;
  const bin = resolve(programs, program);
  const { CI: _coloursItsWords, ...plain } = process.env;
  const env = { ...plain, NO_COLOR: '1' };
  const ran = spawnSync(process.execPath, [bin, ...args], { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  const words = `${ran.stdout}${ran.stderr}`;
  const count = looked === undefined ? '' : String(Math.max(0, Number(looked.exec(words)?.[1] ?? 0) - always));
  const failure = ran.status === 0 ? '' : words.trim() || `${program} ended with ${ran.status ?? ran.signal}`;
  return { name, reason, looked: count, failure };
}
