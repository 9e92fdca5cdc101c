import { type Place, places } from '../../downloads/place.ts';
import { changeEach } from '../change-each.ts';
import { UsageError } from '../explain.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul move`: changes the order of what waits. */
export const move: Verb = {
  define(command) {
    command
      .usage('[options] <id...> <top|up|down|bottom>')
      .argument('<id...>', 'ids from longhaul list, then top, up, down or bottom')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  run(command, context) {
    const { json = false } = command.opts<{ readonly json?: boolean }>();
    const { references, place } = wordsOf(command.args);
    return asking(context, ({ commands }) =>
      changeEach(context, inTurn(references, place), {
        change: (reference) => commands.move(reference, place),
        words: said[place],
        json,
      }),
    );
  },
};

const help = `
Moves what waits among the downloads of its priority. What is at the top goes before those of every
host; otherwise hosts and categories take turns. longhaul set --priority goes before any order.

Examples:
  $ longhaul move 12 top
  $ longhaul move 12 13 bottom
  $ longhaul list --queue`;

const said: Readonly<Record<Place, string>> = {
  top: 'moved to the top',
  up: 'moved up',
  down: 'moved down',
  bottom: 'moved to the bottom',
};

/** Throws `UsageError`. */
function wordsOf(words: readonly string[]): { readonly references: readonly string[]; readonly place: Place } {
  const place = places.find((known) => known === words.at(-1));
  if (place === undefined) {
    throw new UsageError(`say where to: ${places.join(', ')} (longhaul move ${words[0] ?? 12} top)`);
  }
  if (words.length === 1) throw new UsageError(`say what to move: longhaul move 12 ${place}`);
  return { references: words.slice(0, -1), place };
}

/** So that several stand in the order in which they were named. */
function inTurn(references: readonly string[], place: Place): readonly string[] {
  return place === 'top' || place === 'down' ? references.toReversed() : references;
}
