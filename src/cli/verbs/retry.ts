import { controlAll } from '../control.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul retry` */
export const retry: Verb = {
  define(command) {
    command
      .argument('<id...>', 'ids from longhaul list')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        '\nFetches again what failed or was cancelled, and does not wait longer for a next try.\n\nExamples:\n  $ longhaul retry 12\n  $ longhaul retry 12 13 14',
      );
  },
  run: (command, context) =>
    asking(context, (longhaul) =>
      controlAll(context, longhaul, command.args, {
        wish: { wish: 'retry' },
        words: { done: 'starts again', told: 'will try again' },
        json: command.opts<{ readonly json?: boolean }>().json === true,
      }),
    ),
};
