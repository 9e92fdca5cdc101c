import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import { type ExitCode, exit } from './exit-codes.ts';
import { explain, Interrupted } from './explain.ts';
import type { Context } from './verb.ts';

/**
 * Deletes where they are what downloads put elsewhere, a line each. `done`: those of which nothing is there any more; the
 * others keep their rows, which know the addresses.
 */
export async function takeBackAll(
  context: Context,
  longhaul: Longhaul,
  references: readonly string[],
): Promise<{ readonly done: readonly string[]; readonly codes: readonly ExitCode[] }> {
  const { look, line } = context.screen.err;
  const interrupts = context.interrupts();
  const done: string[] = [];
  const codes: ExitCode[] = [];
  try {
    for (const reference of references) {
      try {
        const taken = await longhaul.commands.takeBack(reference, interrupts.signal);
        for (const { link, left, note } of taken) {
          if (left === undefined) line(`${look.symbol('cleaned')} ${printable(link)}: ${printable(note ?? 'deleted')}`);
          else line(`${look.symbol('failed')} ${printable(link)} is still there: ${printable(left)}`);
        }
        if (taken.every(({ left }) => left === undefined)) done.push(reference);
        else codes.push(exit.failed);
      } catch (error) {
        if (interrupts.signal.aborted)
          throw new Interrupted('interrupted; what was not said to be deleted is still there');
        const explained = explain(error);
        if (!explained || explained.code === exit.store) throw error;
        line(`${look.symbol('failed')} ${printable(explained.message ?? '')}`);
        codes.push(explained.code);
      }
    }
  } finally {
    interrupts.release();
  }
  return { done, codes };
}
