import { wireDownload } from '../contract/wire.ts';
import type { Download } from '../downloads/download.ts';
import { printable } from '../log/printable.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { explain } from './explain.ts';
import { nameOf } from './texts.ts';
import type { Context } from './verb.ts';

/**
 * Changes several downloads, one after the other; each gets its line, and one that is refused does not keep the
 * others from being changed. The most serious code of all.
 */
export async function changeEach(
  { screen }: Context,
  references: readonly string[],
  asked: { readonly change: (reference: string) => Promise<Download>; readonly words: string; readonly json: boolean },
): Promise<ExitCode> {
  const codes: ExitCode[] = [];
  for (const reference of references) {
    try {
      const download = await asked.change(reference);
      if (asked.json) screen.json(wireDownload(download));
      else screen.out.line(`${screen.out.look.symbol('note')} ${download.id} ${nameOf(download)}: ${asked.words}`);
      codes.push(exit.done);
    } catch (error) {
      const explained = explain(error);
      if (!explained || explained.code === exit.store) throw error;
      screen.err.line(`${screen.err.look.symbol('failed')} ${printable(explained.message ?? '')}`);
      codes.push(explained.code);
    }
  }
  return worst(codes);
}
