import { controlAll } from '../control.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul resume` */
export const resume: Verb = {
  define(command) {
    command
      .argument('<id...>', 'ids from longhaul list')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        '\nLets paused downloads go on where they were.\n\nExamples:\n  $ longhaul resume 12\n  $ longhaul resume 12 13 14',
      );
  },
  run: (command, context) =>
    asking(context, (longhaul) =>
      controlAll(context, longhaul, command.args, {
        wish: { wish: 'resume' },
        words: { done: 'resumed', told: 'will go on' },
        json: command.opts<{ readonly json?: boolean }>().json === true,
      }),
    ),
};
