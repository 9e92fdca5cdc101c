import { defineGiveUp, giveUp } from '../give-up.ts';
import type { Verb } from '../verb.ts';

/** `longhaul cancel` */
export const cancel: Verb = {
  define(command) {
    defineGiveUp(command).addHelpText(
      'after',
      '\nThe row stays; longhaul retry begins again.\n\nExamples:\n  $ longhaul cancel 12\n  $ longhaul cancel --keep-partial 12 13',
    );
  },
  run: (command, context) => giveUp(command, context, 'cancel', { done: 'cancelled', told: 'will be cancelled' }),
};
