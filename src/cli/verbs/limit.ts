import { InvalidArgumentError } from 'commander';
import type { Limits } from '../../commands/commands.ts';
import { formatRate, type Rate } from '../../config/rate.ts';
import { wireLimits } from '../../contract/wire.ts';
import { momentText } from '../../downloads/words.ts';
import { changeEach } from '../change-each.ts';
import { exit } from '../exit-codes.ts';
import { UsageError } from '../explain.ts';
import { jsonOption, rate } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface LimitOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `longhaul limit`: changes how fast downloads may be, also while they run. */
export const limit: Verb = {
  define(command) {
    command
      .usage('[options] [<id...>|--all] <rate>')
      .argument(
        '[id|rate...]',
        'ids from longhaul list, then a rate such as 2MB or 500k, off, or default (as configured)',
      )
      .option('--all', 'the limit of all downloads together')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  run(command, context) {
    const options = command.opts<LimitOptions>();
    const { references, rate: wanted } = wordsOf(command.args, options.all === true);
    return asking(context, async (longhaul) => {
      if (references.length > 0 && wanted !== undefined)
        return changeEach(context, references, {
          change: (reference) => longhaul.commands.limit(reference, wanted),
          words: wordsFor(wanted),
          json: options.json === true,
        });
      const { commands } = longhaul;
      const limits = await (wanted === undefined ? commands.limits() : commands.limitAll(wanted));
      if (options.json) context.screen.json(wireLimits(limits));
      else for (const line of limitLines(limits, context.clock.now())) context.screen.out.line(line);
      return exit.done;
    });
  },
};

const help = `
A running download obeys within a second. Without a rate it tells what holds for all.

Examples:
  $ longhaul limit --all 2MB
  $ longhaul limit 12 13 500k
  $ longhaul limit 12 off`;

/** Throws `UsageError`. */
function wordsOf(
  words: readonly string[],
  all: boolean,
): { readonly references: readonly string[]; readonly rate: Rate | 'default' | undefined } {
  const last = words.at(-1);
  if (last === undefined) {
    if (all) throw new UsageError('--all needs a rate, such as 2MB, off or default');
    return { references: [], rate: undefined };
  }
  const references = words.slice(0, -1);
  if (all && references.length > 0) throw new UsageError('--all is every download; leave the ids out');
  if (!all && references.length === 0)
    throw new UsageError(
      'name downloads and a rate (longhaul limit 12 500k), or all of them (longhaul limit --all 2MB)',
    );
  return { references, rate: last === 'default' ? last : rateIn(last) };
}

function rateIn(word: string): Rate {
  try {
    return rate(word);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(
      `"${word}" is not a rate; ${error.message.replace(/^It must be off/, 'it must be off, default').replace(/\.$/, '')}`,
    );
  }
}

function wordsFor(wanted: Rate | 'default'): string {
  if (wanted === 'default') return 'limited as configured';
  return wanted === 'off' ? 'no limit of its own' : `limited to ${formatRate(wanted)}`;
}

function limitLines({ rate: now, set, configured, perDownload, window }: Limits, at: number): string[] {
  const why = window
    ? `by limits.schedule ${window.until === null ? always(now) : `until ${momentText(window.until, at)}`}`
    : set === undefined
      ? 'as configured'
      : `set by hand, configured is ${shown(configured)}`;
  const lower = window && set !== undefined && set !== 'off' ? `; set by hand is ${shown(set)}` : '';
  return [
    `all together: ${shown(now)} (${why}${lower})`,
    `each: ${shown(perDownload)} where it has no limit of its own`,
  ];
}

function always(rate: Rate): string {
  return rate === 0 ? 'always: it leaves no hours' : 'always';
}

function shown(rate: Rate): string {
  if (rate === 0) return 'nothing runs';
  return rate === 'off' ? 'no limit' : formatRate(rate);
}
