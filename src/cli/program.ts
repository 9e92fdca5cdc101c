import { Command, Option } from 'commander';
import { version } from '../config/version.ts';
import { logLevels } from '../log/log.ts';
import { setting } from './options.ts';
import type { Verb } from './verb.ts';
import { type VerbEntry, verbs } from './verbs.ts';

/** A verb that was named, with what was typed after it. */
export interface Chosen {
  readonly verb: Verb;
  readonly command: Command;
}

/** Where commander's own words go: help to stdout, help after a mistake to stderr. */
export interface HelpOutput {
  readonly columns: number;
  out(text: string): void;
  err(text: string): void;
}

/**
 * The command tree. Only the verbs that `wanted` names are loaded (all when it is undefined); of the
 * others it knows the name and the summary, which is enough for the overview and for "did you mean".
 */
export async function commandTree(
  wanted: readonly string[] | undefined,
  output: HelpOutput,
  chosen: (chosen: Chosen) => void = () => {},
): Promise<Command> {
  const program = withGlobals(new Command('longhaul'), output);
  for (const entry of verbs) {
    const command = program.command(entry.name).summary(entry.summary).helpGroup(entry.group);
    command.description(sentence(entry));
    if (wanted === undefined || wanted.includes(entry.name)) {
      const verb = await entry.load();
      verb.define(command);
      onAction(command, (called) => chosen({ verb, command: called }));
    }
  }
  return program;
}

/** The verb, or (where it has verbs of its own, as `config`) whichever of those is called. */
function onAction(command: Command, call: (called: Command) => void): void {
  if (command.commands.length === 0) command.action(() => call(command));
  for (const below of command.commands) below.action(() => call(below));
}

function sentence({ summary }: VerbEntry): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function withGlobals(program: Command, output: HelpOutput): Command {
  return program
    .description('Downloads anything you hand it, and never loses track of it.')
    .usage('[options] <verb> …')
    .version(version, '-V, --version', 'print the version')
    .addOption(new Option('--config <file>', 'read this config file'))
    .addOption(new Option('--home <folder>', 'keep configuration, database, logs and work files in this folder'))
    .addOption(new Option('--log-level <level>', 'what is logged to stderr and the log file').choices(logLevels))
    .addOption(new Option('--set <key=value>', 'set one key of the configuration (repeatable)').argParser(setting))
    .addOption(new Option('--no-color', 'no colours'))
    .helpOption('-h, --help', 'print help')

    .configureHelp({ showGlobalOptions: true, sortOptions: false })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: () => {},
      getOutHelpWidth: () => output.columns,
      getErrHelpWidth: () => output.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpCommand(
      new Command('help').argument('[verb]').description('print help, of all or of one verb').helpGroup('Set up:'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ longhaul get https://example.org/film.mkv
  $ longhaul list
  $ longhaul resume-downloads`,
    );
}
