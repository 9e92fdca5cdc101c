import type { Check } from '../../commands/check.ts';
import { printable } from '../../log/printable.ts';
import { exit } from '../exit-codes.ts';
import type { Look } from '../look.ts';
import { jsonOption } from '../options.ts';
import type { Verb } from '../verb.ts';

/** `longhaul doctor`: each line is fine, or says what to do. */
export const doctor: Verb = {
  define(command) {
    command
      .addOption(jsonOption())
      .addHelpText('after', '\nExamples:\n  $ longhaul doctor\n  $ longhaul doctor --json');
  },
  async run(command, context) {
    const { out } = context.screen;
    const checks = await context.checks();
    const ok = checks.every(({ state }) => state !== 'bad');
    if (command.opts<{ readonly json?: boolean }>().json) context.screen.json({ ok, checks });
    else for (const check of checks) out.line(lineOf(check, out.look));
    if (ok) return exit.done;
    return checks.some(({ name, state }) => name === 'database' && state === 'bad') ? exit.store : exit.usage;
  },
};

const symbols = { ok: 'completed', warning: 'warning', bad: 'failed' } as const;

function lineOf({ name, state, text }: Check, look: Look): string {
  return `${look.symbol(symbols[state])} ${name.padEnd(18)}${printable(text)}`;
}
