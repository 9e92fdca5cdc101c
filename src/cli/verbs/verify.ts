import type { Verification } from '../../commands/commands.ts';
import { wireVerification } from '../../contract/wire.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit, worst } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import type { Look } from '../look.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul verify`: looks again at what was delivered. */
export const verify: Verb = {
  define(command) {
    command
      .argument('<id...>', 'ids from longhaul list')
      .addOption(jsonOption())
      .addHelpText('after', '\nExamples:\n  $ longhaul verify 12\n  $ longhaul verify 12 13 --json');
  },
  async run(command, context) {
    const { json } = command.opts<{ readonly json?: boolean }>();
    const { screen } = context;
    const interrupts = context.interrupts();
    try {
      return await asking(context, async (longhaul) => {
        const codes: ExitCode[] = [];
        for (const reference of command.args) {
          try {
            const verification = await longhaul.commands.verify(reference, interrupts.signal);
            if (json) screen.json(wireVerification(verification));
            else for (const line of linesOf(verification, screen.out.look)) screen.out.line(line);
            codes.push(verification.ok ? exit.done : exit.failed);
          } catch (error) {
            if (interrupts.signal.aborted) return exit.interrupted;
            const explained = explain(error);
            if (!explained || explained.code === exit.store) throw error;
            screen.err.line(`${screen.err.look.symbol('failed')} ${printable(explained.message ?? '')}`);
            codes.push(explained.code);
          }
        }
        return worst(codes);
      });
    } finally {
      interrupts.release();
    }
  },
};

function linesOf({ download, files }: Verification, look: Look): string[] {
  return files.map(({ path, checked, problem }) => {
    const place = `${download.id} ${printable(path)}`;
    if (problem !== null) return `${look.symbol('failed')} ${place} ${printable(problem)}`;
    if (checked === 'digest') return `${look.symbol('completed')} ${place}: size and digest are right`;
    return `${look.symbol('note')} ${place}: has the size it was delivered with; no digest was recorded, so its bytes were not compared`;
  });
}
