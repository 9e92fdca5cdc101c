import type { Command } from 'commander';
import type { Shown } from '../commands/commands.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { type ControlWords, controlAll } from './control.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { jsonOption } from './options.ts';
import { takeBackAll } from './take-back.ts';
import { nameOf } from './texts.ts';
import { asking, type Context } from './verb.ts';

interface GiveUpOptions {
  readonly deleteFiles?: boolean;
  readonly keepPartial?: boolean;
  readonly uploaded?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What `cancel` and `remove` have in common: delivered files stay unless asked. */
export function defineGiveUp(command: Command): Command {
  return command
    .argument('<id...>', 'ids from longhaul list')
    .option('--delete-files', 'also delete what was delivered')
    .option('--keep-partial', 'keep what was fetched of an unfinished file')
    .option('-y, --yes', 'do not ask before deleting more than one file')
    .addOption(jsonOption());
}

/** Asks first where more than one delivered file would go. */
export async function giveUp(
  command: Command,
  context: Context,
  wish: 'cancel' | 'remove',
  words: ControlWords,
): Promise<ExitCode> {
  const options = command.opts<GiveUpOptions>();
  return asking(context, async (longhaul) => {
    if (options.deleteFiles && !options.yes && !(await mayDelete(context, longhaul, command.args))) {
      context.screen.err.line('nothing was deleted');
      return exit.usage;
    }
    const back = options.uploaded ? await takeBackAll(context, longhaul, command.args) : undefined;
    const ended = await controlAll(context, longhaul, back?.done ?? command.args, {
      wish: {
        wish,
        ...(options.deleteFiles ? { deleteFiles: true } : {}),
        ...(options.keepPartial ? { keepPartial: true } : {}),
      },
      words,
      json: options.json === true,
    });
    return worst([...(back?.codes ?? []), ended]);
  });
}

async function mayDelete(context: Context, longhaul: Longhaul, references: readonly string[]): Promise<boolean> {
  const shown: Shown[] = [];
  for (const reference of new Set(references)) shown.push(await longhaul.commands.show(reference));
  const files = shown.flatMap((one) => one.files.filter(({ finalPath }) => finalPath !== null));
  if (files.length <= 1) return true;
  const [first] = shown;
  const names = first && shown.length === 1 ? nameOf(first.download) : `${shown.length} downloads`;
  const question = `Delete ${files.length} delivered files of ${names}?`;
  const answer = await context.confirm(question);
  if (answer === undefined)
    throw new UsageError(
      `this deletes ${files.length} delivered files and nobody is here to confirm it; add --yes if you mean it`,
    );
  return answer;
}
