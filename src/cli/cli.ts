import { type Command, CommanderError } from 'commander';
import { environment } from '../config/environment.ts';
import { type Output, openOutput, printable } from '../log/output.ts';
import { systemClock } from '../time/clock.ts';
import { type CliParts, contextOf, type Given, givenOf } from './context.ts';
import { type ExitCode, exit } from './exit-codes.ts';
import { type Explained, explain, UsageError } from './explain.ts';
import { type Chosen, commandTree } from './program.ts';
import { screenOf } from './screen.ts';
import type { GlobalOptions } from './verb.ts';
import { verbs } from './verbs.ts';

/** Runs one command line in this process. Never throws; tells how it ended. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const env = environment();
  const output = openOutput({ env, ...(argv.includes('--no-color') ? { colour: false } : {}) });
  const code = await runCli(argv, { output, env, clock: systemClock, process });
  try {
    await output.flush();
    return code;
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error));
    return code === exit.done ? exit.unexpected : code;
  }
}

/** Parses, runs the verb, and turns whatever is thrown into a sentence and a code. */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<ExitCode> {
  const screen = screenOf(parts.output);
  const tree = (wanted: readonly string[] | undefined, chosen: (one: Chosen) => void = () => {}) =>
    commandTree(
      wanted,
      { columns: Math.min(screen.out.columns(), 100), out: screen.out.write, err: screen.err.write },
      chosen,
    );
  let given: Given | undefined;
  try {
    const { verb, command, program } = await parse(argv, tree);
    given = await givenOf(program.opts<GlobalOptions>(), parts);
    return await verb.run(command, contextOf(parts, { screen, given, commandTree: () => tree(undefined) }));
  } catch (error) {
    const { code, message } = explain(error) ?? (await unexpected(error, given, parts.output));
    for (const line of message?.split('\n') ?? [])
      screen.err.line(`${screen.err.look.symbol('failed')} ${printable(line)}`);
    return code;
  }
}

async function parse(
  argv: readonly string[],
  tree: (wanted: readonly string[], chosen: (one: Chosen) => void) => Promise<Command>,
): Promise<Chosen & { readonly program: Command }> {
  const chosen: Chosen[] = [];
  const program = await tree(argv, (one) => chosen.push(one));
  const [first, about] = argv;
  if (first === 'help' && about !== undefined && !about.startsWith('-')) await refuseUnknown(about);
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    throw forgottenVerb(error, argv) ?? tooEarly(error, argv, program) ?? error;
  }
  const [one] = chosen;
  if (!one) throw new UsageError(`a verb is missing; one of: ${verbs.map(({ name }) => name).join(', ')}`);
  return { ...one, program };
}

/** Commander answers `longhaul help lsit` with all there is, and does not say that there is no such verb. */
async function refuseUnknown(about: string): Promise<void> {
  const names = ['help', ...verbs.map(({ name }) => name)];
  if (names.includes(about)) return;
  const near = (await import('../config/nearest.ts')).nearest(about, names);
  throw new UsageError(
    `unknown command '${about}'; ${near === undefined ? 'longhaul help lists them' : `did you mean ${near}?`}`,
  );
}

/** `longhaul https://…`: everybody forgets the verb once. */
function forgottenVerb(error: unknown, argv: readonly string[]): UsageError | undefined {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownCommand') return undefined;
  const link = argv.find((word) => /^[a-z][a-z0-9+.-]*:/i.test(word));
  return link === undefined ? undefined : new UsageError(`a verb is missing; did you mean: longhaul get ${link}`);
}

/** `longhaul --json list`: an option of the verb, before it. */
function tooEarly(error: unknown, argv: readonly string[], program: Command): UsageError | undefined {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownOption') return undefined;
  const option = argv.find((word) => error.message.includes(`'${word}'`)) ?? '';
  const verb = program.commands.find((command) => argv.indexOf(command.name()) > argv.indexOf(option));
  const [name = ''] = option.split('=', 1);
  if (!verb?.options.some(({ long, short }) => long === name || short === name)) return undefined;
  return new UsageError(`${name} belongs behind the verb: longhaul ${verb.name()} ${option}`);
}

/** A bug: one sentence for the person; the rest, with its stack, goes to the log file. */
async function unexpected(error: unknown, given: Given | undefined, output: Output): Promise<Explained> {
  const what = error instanceof Error ? error.message : String(error);
  const place = given && (await logged(error, given, output).catch(() => undefined));
  const where = place === undefined ? 'it could not be written to the log' : `the log says more: ${place}`;
  return { code: exit.unexpected, message: `unexpected error: ${what.split('\n')[0]}; ${where}; please report it` };
}

async function logged(error: unknown, given: Given, output: Output): Promise<string> {
  const { openLog } = await import('../log/open-log.ts');
  const { config, paths } = await given.config();
  const log = openLog({
    settings: { ...config.log, file: true },
    logsDir: paths.logs,
    stderr: output.logSink,
    stderrLevel: 'silent',
    now: systemClock.now,
  });
  log.room('cli').error({ error }, 'unexpected error');
  await log.close();
  return paths.logs;
}
