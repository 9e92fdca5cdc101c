import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/config.ts';
import { type Environment, variable } from '../config/environment.ts';
import type { FlagSetting } from '../config/settings.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import type { LogLevel } from '../log/log.ts';
import { type Output, printable } from '../log/output.ts';
import type { Clock } from '../time/clock.ts';
import { Interrupted, noCurrentFolder, UsageError } from './explain.ts';
import { catchInterrupts, interruptNames } from './interrupts.ts';
import type { Screen } from './screen.ts';
import type { Context, GlobalOptions, HowToOpen } from './verb.ts';

/** What the command line stands on; tests hand in their own. */
export interface CliParts {
  readonly output: Output;
  readonly env: Environment;
  readonly clock: Clock;
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'cwd' | 'stdin'>;
  /** Left out: the real one. */
  open?(how: HowToOpen, given: Given, onOutage: (isAway: boolean) => void): Promise<Longhaul>;
}

/** What the global options mean. */
export interface Given {
  readonly home?: string;
  readonly configFile?: string;
  readonly logLevel?: LogLevel;
  readonly flags: readonly FlagSetting[];
  config(): Promise<LoadedConfig>;
}

/** Throws `UsageError` for a setting that does not exist. */
export async function givenOf(global: GlobalOptions, parts: CliParts): Promise<Given> {
  const { config: configFile, home, logLevel } = global;
  if (home === '') throw new UsageError('--home is empty; name a folder');
  if (configFile === '') throw new UsageError('--config is empty; name a file');
  const env = home === undefined ? parts.env : { ...parts.env, LONGHAUL_HOME: home };
  const flags = [
    ...(await settingsOf(global.set ?? [])),
    ...(logLevel === undefined ? [] : [{ key: 'log.level', value: logLevel, flag: '--log-level' }]),
  ];
  return {
    ...(home === undefined ? {} : { home }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(logLevel === undefined ? {} : { logLevel }),
    flags,
    config: () =>
      loadConfig({
        env,
        cwd: currentFolder(parts),
        flags: { set: flags, ...(configFile === undefined ? {} : { file: configFile }) },
      }),
  };
}

export function contextOf(
  parts: CliParts,
  made: { readonly screen: Screen; readonly given: Given; commandTree(): Promise<Command> },
): Context {
  const { screen, given } = made;
  const open = parts.open ?? openReal(parts.output);
  return {
    screen,
    clock: parts.clock,
    async open(how) {
      const longhaul = await open(how, given, (isAway) => tellOutage(screen, isAway));
      for (const warning of longhaul.warnings)
        screen.err.line(`${screen.err.look.symbol('warning')} ${printable(warning)}`);
      return longhaul;
    },
    config: given.config,
    checks: async () => (await import('../instance/doctor.ts')).openDoctor(given),
    interrupts: (onHangUp) => catchInterrupts(parts.process, parts.clock, onHangUp),
    async guard(guarding) {
      const { guardProcess } = await import('../instance/supervision.ts');
      return guardProcess(parts.process, { clock: parts.clock, ...guarding });
    },
    hasOwnSettings: given.flags.some(({ flag }) => flag.startsWith('--set ')),
    askSecret: (question) => askSecret(screen, parts.process.stdin, question),
    variable: (name) => variable(parts.env, name),
    stdin: parts.process.stdin,
    ask: (question) => ask(screen, parts.process, question),
    mayAsk: isThere(screen, parts.process.stdin),
    async confirm(question) {
      const answer = await ask(screen, parts.process, `${question} [y/N] `);
      return answer === undefined ? undefined : /^\s*y(es)?\s*$/i.test(answer);
    },
    currentFolder: () => currentFolder(parts),
    commandTree: made.commandTree,
  };
}

/** What a person must know comes as `warnings`; of the log they see what they asked for. */
function openReal(output: Output): NonNullable<CliParts['open']> {
  return async (how, { config, logLevel, ...given }, onOutage) => {
    const { openLonghaul } = await import('../instance/open.ts');
    if (how.engine) (await import('./young-generation.ts')).keepYoungGenerationsSmall();
    const usual = how.role === 'serve' ? (await config()).config.log.level : 'silent';
    const said = { logSink: output.logSink, logSinkLevel: logLevel ?? usual };
    // The log of a server says it already.
    return openLonghaul({ ...how, ...given, ...said, ...(how.role === 'serve' ? {} : { onOutage }) });
  };
}

function tellOutage({ err }: Screen, isAway: boolean): void {
  if (isAway) err.line(`${err.look.symbol('warning')} the database does not answer; waiting for it`);
  else err.line('the database answers again');
}

async function settingsOf(written: readonly string[]): Promise<FlagSetting[]> {
  if (written.length === 0) return [];
  const [{ configKeys, findKey }, { nearest }] = await Promise.all([
    import('../config/keys.ts'),
    import('../config/nearest.ts'),
  ]);
  return written.map((text) => {
    const key = text.slice(0, text.indexOf('='));
    if (findKey(key) === undefined) {
      const near = nearest(
        key,
        configKeys.map((known) => known.key),
      );
      throw new UsageError(
        `--set ${key}: there is no such key${near === undefined ? '; longhaul config show lists them' : `; did you mean ${near}?`}`,
      );
    }
    return { key, value: text.slice(key.length + 1), flag: `--set ${key}` };
  });
}

function currentFolder({ process }: CliParts): string {
  try {
    return process.cwd();
  } catch {
    throw new UsageError(noCurrentFolder);
  }
}

function isThere(screen: Screen, stdin: NodeJS.ReadStream): boolean {
  return stdin.isTTY && screen.err.isTerminal;
}

async function ask(screen: Screen, process: CliParts['process'], question: string): Promise<string | undefined> {
  const { stdin } = process;
  if (!isThere(screen, stdin)) return undefined;
  screen.err.write(question);
  const lines = createInterface({ input: stdin });
  const interrupted = Promise.withResolvers<never>();
  const interrupt = () => interrupted.reject(new Interrupted('interrupted; this was not done'));
  for (const name of interruptNames) process.on(name, interrupt);
  try {
    return await Promise.race([firstOf(lines), interrupted.promise]);
  } catch (error) {
    screen.err.write('\n');
    throw error;
  } finally {
    for (const name of interruptNames) process.off(name, interrupt);
    lines.close();
  }
}

/** Empty where nobody types any more. */
async function firstOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line;
  return '';
}

/** readline edits the line; what it would echo goes nowhere. */
async function askSecret(screen: Screen, stdin: NodeJS.ReadStream, question: string): Promise<string | undefined> {
  if (!isThere(screen, stdin)) return undefined;
  screen.err.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  try {
    return await new Promise<string>((answer, refuse) => {
      lines.once('line', answer);
      lines.once('SIGINT', () => refuse(new Interrupted('interrupted; nothing was done')));
      lines.once('close', () => refuse(new UsageError('nothing was typed; nothing was done')));
    });
  } finally {
    lines.close();
    screen.err.write('\n');
  }
}
