import type { Command } from 'commander';
import { scheduleWarnings } from '../../downloads/schedule.ts';
import { printable } from '../../log/printable.ts';
import { wrongFiles } from '../config-files.ts';
import { type ExitCode, exit } from '../exit-codes.ts';
import { UsageError } from '../explain.ts';
import { jsonOption } from '../options.ts';
import type { Context, Verb } from '../verb.ts';
import { stepWarnings, wrongSteps } from '../wrong-steps.ts';

/** `longhaul config check|show|path` */
export const config: Verb = {
  define(command) {
    command
      .usage('<check|show|path>')
      .addHelpText(
        'after',
        '\nExamples:\n  $ longhaul config check\n  $ longhaul config show\n  $ longhaul config path',
      );
    below(command, 'check', 'Say whether the configuration can be used, and what is wrong with it.');
    below(command, 'show', 'Print every key with its value and where it came from; secrets are masked.');
    below(command, 'path', 'Print where the configuration and everything else lies.');
  },
  async run(command, context) {
    const json = command.opts<{ readonly json?: boolean }>().json === true;
    if (command.name() === 'show') return show(context, json);
    return command.name() === 'path' ? path(context, json) : check(context, json);
  },
};

function below(command: Command, name: string, description: string): void {
  command
    .command(name)
    .description(description)
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  $ longhaul config ${name}`);
}

async function check(context: Context, json: boolean): Promise<ExitCode> {
  const { screen } = context;
  const loaded = await context.config();
  const { path, found } = loaded.file;
  const { config } = loaded;
  const wrong = [...(await wrongFiles(config)), ...(await wrongSteps(config))];
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  const warnings = [
    ...loaded.warnings,
    ...scheduleWarnings(config.limits, context.clock.now()),
    ...stepWarnings(config),
  ];
  if (json) screen.json({ ok: true, file: path, found, warnings });
  else {
    for (const warning of warnings) screen.out.line(`${screen.out.look.symbol('warning')} ${printable(warning)}`);
    screen.out.line(
      `${screen.out.look.symbol('completed')} ${printable(path)}${found ? ' is good' : ' is not there, which is fine: everything is at its default'}`,
    );
  }
  return exit.done;
}

async function show(context: Context, json: boolean): Promise<ExitCode> {
  const { describeConfig, shownKeys } = await import('../../config/describe.ts');
  const loaded = await context.config();
  if (json)
    context.screen.json(
      Object.fromEntries(shownKeys(loaded).map(({ key, value, from }) => [key, { value: value ?? null, from }])),
    );
  else for (const line of describeConfig(loaded).trimEnd().split('\n')) context.screen.out.line(printable(line));
  return exit.done;
}

async function path(context: Context, json: boolean): Promise<ExitCode> {
  const { screen } = context;
  const { file, paths } = await context.config();
  const places = {
    config: file.path,
    database: paths.database,
    backups: paths.backups,
    logs: paths.logs,
    sockets: paths.sockets,
    work: paths.work,
  };
  if (json) screen.json(places);
  else
    for (const [name, place] of Object.entries(places))
      screen.out.line(`${screen.out.look.paint('faint', name.padEnd(10))}${printable(place)}`);
  return exit.done;
}
