import type { Preview } from '../commands/commands.ts';
import { wirePreview } from '../contract/wire.ts';
import { bytesText } from '../downloads/words.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import type { AskedLink } from './asked-links.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { Look } from './look.ts';
import { asking, type Context } from './verb.ts';

/** `get --dry-run`: asks for each link what would come, and says it. Nothing is written down. */
export async function previewAll(
  context: Context,
  asked: (longhaul: Longhaul) => AsyncGenerator<AskedLink>,
  json: boolean,
): Promise<ExitCode> {
  const { screen } = context;
  const interrupts = context.interrupts();
  try {
    return await asking(context, async (longhaul) => {
      const codes: ExitCode[] = [];
      for await (const one of asked(longhaul)) {
        try {
          if ('wrong' in one) throw new Wrong(one.wrong, one.code);
          const preview = await longhaul.commands.preview(one, interrupts.signal);
          if (json) screen.json(wirePreview(preview));
          else for (const line of linesOf(preview, screen.out.look)) screen.out.line(line);
          codes.push(exit.done);
        } catch (error) {
          if (interrupts.signal.aborted) return exit.interrupted;
          const explained = error instanceof Wrong ? { code: error.code, message: error.message } : explain(error);
          if (!explained) throw error;
          const where = 'where' in one && one.where !== undefined ? `${one.where}: ` : '';
          screen.err.line(`${screen.err.look.symbol('failed')} ${printable(`${where}${explained.message ?? ''}`)}`);
          codes.push(explained.code);
        }
      }
      return worst(codes);
    });
  } finally {
    interrupts.release();
  }
}

/** A line of an input file that asks for nothing. */
class Wrong extends Error {
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode = exit.usage) {
    super(message);
    this.code = code;
  }
}

/** Files that are listed for a person. */
export const mostShown = 200;

function linesOf(preview: Preview, look: Look): string[] {
  const { name, totalBytes, files, ranges, validator, source } = preview;
  const facts: (readonly [string, string])[] = [
    ['size', totalBytes === null ? 'not told' : `${bytesText(totalBytes)} (${totalBytes} bytes)`],
    ['ranges', ranges === null ? 'not told' : ranges ? 'yes' : 'no: it cannot go on in the middle'],
    ['version', validator === null ? 'not told: a resume would be unverified' : printable(validator)],
    ['source', source],
    ...files
      .slice(0, mostShown)
      .map(({ path, size, selected }, at): readonly [string, string] => [
        'goes to',
        files.length === 1
          ? printable(path)
          : `${at + 1}. ${printable(path)}  ${bytesText(size)}${selected ? '' : '  (not selected)'}`,
      ]),
    ...(files.length > mostShown ? [['', `… and ${files.length - mostShown} more; --json lists all`] as const] : []),
  ];
  return [
    `${look.symbol('note')} ${look.paint('strong', printable(name))}`,
    ...facts.map(([label, text]) => `  ${look.paint('faint', label.padEnd(10))}${text}`),
  ];
}
