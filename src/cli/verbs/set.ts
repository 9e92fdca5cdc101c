import type { SetRequest } from '../../commands/commands.ts';
import { formatRate, type Rate } from '../../config/rate.ts';
import { printable } from '../../log/printable.ts';
import { changeEach } from '../change-each.ts';
import { UsageError } from '../explain.ts';
import { jsonOption, priority, rate } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface SetOptions {
  readonly priority?: number;
  readonly category?: string;
  readonly limitRate?: Rate | 'default';
  readonly json?: boolean;
}

/** `longhaul set`: changes what a download is counted with, also while it runs. */
export const set: Verb = {
  define(command) {
    command
      .argument('<id...>', 'ids from longhaul list')
      .option('--priority <priority>', 'high, normal, low, or a whole number; the higher goes first', priority)
      .option('--category <name>', 'one of the categories of the configuration; none: none')
      .option('--limit-rate <rate>', 'its own limit, such as 500k or 2MB; off, or default: as configured', ownRate)
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  run(command, context) {
    const options = command.opts<SetOptions>();
    const request = requestOf(options);
    return asking(context, ({ commands }) =>
      changeEach(context, command.args, {
        change: (reference) => commands.set(reference, request),
        words: wordsFor(request),
        json: options.json === true,
      }),
    );
  },
};

const help = `
A download that runs goes on; with another priority one that waits stands behind those that wait
there. Its folder stays as it was when the download was added.

Examples:
  $ longhaul set 12 --priority high
  $ longhaul set 12 13 --category films --limit-rate 2MB`;

function ownRate(text: string): Rate | 'default' {
  return text === 'default' ? text : rate(text);
}

/** Throws `UsageError` where nothing is to be changed. */
function requestOf({ priority: wanted, category, limitRate }: SetOptions): SetRequest {
  const request: SetRequest = {
    ...(wanted === undefined ? {} : { priority: wanted }),
    ...(category === undefined ? {} : { category: category === 'none' ? null : category }),
    ...(limitRate === undefined ? {} : { rate: limitRate }),
  };
  if (Object.keys(request).length === 0) {
    throw new UsageError('say what to set: --priority, --category or --limit-rate');
  }
  return request;
}

function wordsFor({ priority: wanted, category, rate: limit }: SetRequest): string {
  return [
    ...(wanted === undefined ? [] : [`priority ${wanted}`]),
    ...(category === undefined ? [] : [category === null ? 'no category' : `category ${printable(category)}`]),
    ...(limit === undefined ? [] : [limit === 'default' ? 'limited as configured' : `limit ${formatRate(limit)}`]),
  ].join(', ');
}
