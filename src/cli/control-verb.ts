import { type ControlWords, controlAll } from './control.ts';
import { jsonOption } from './options.ts';
import { asking, type Verb } from './verb.ts';

/** A verb that asks the same of the downloads that it is given, without any choice. */
export function controlVerb(wish: 'pause' | 'resume', words: ControlWords, help: string): Verb {
  return {
    define(command) {
      command
        .argument('<id...>', 'ids from longhaul list')
        .addOption(jsonOption())
        .addHelpText('after', `\n${help}\n\nExamples:\n  $ longhaul ${wish} 12\n  $ longhaul ${wish} 12 13 14`);
    },
    run: (command, context) =>
      asking(context, (longhaul) =>
        controlAll(context, longhaul, command.args, {
          wish: { wish },
          words,
          json: command.opts<{ readonly json?: boolean }>().json === true,
        }),
      ),
  };
}
