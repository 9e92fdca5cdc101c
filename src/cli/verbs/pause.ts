import { controlAll } from '../control.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul pause` */
export const pause: Verb = {
  define(command) {
    command
      .argument('<id...>', 'ids from longhaul list')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        '\nStops at a safe place; what was fetched is kept.\n\nExamples:\n  $ longhaul pause 12\n  $ longhaul pause 12 13 14',
      );
  },
  run: (command, context) =>
    asking(context, (longhaul) =>
      controlAll(context, longhaul, command.args, {
        wish: { wish: 'pause' },
        words: { done: 'paused', told: 'will be paused' },
        json: command.opts<{ readonly json?: boolean }>().json === true,
      }),
    ),
};
