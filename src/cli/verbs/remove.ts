import { defineGiveUp, giveUp } from '../give-up.ts';
import type { Verb } from '../verb.ts';

/** `longhaul remove` */
export const remove: Verb = {
  define(command) {
    defineGiveUp(command)
      .option('--uploaded', 'also delete what was uploaded, where the host can be asked to')
      .addHelpText(
        'after',
        '\nTakes downloads out of the list; unfinished ones are given up.\n\nExamples:\n  $ longhaul remove 12\n  $ longhaul remove --delete-files 12\n  $ longhaul remove --uploaded 12',
      );
  },
  run: (command, context) => giveUp(command, context, 'remove', { done: 'removed', told: 'will be removed' }),
};
