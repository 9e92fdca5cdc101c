import type { SetRequest } from '../../commands/commands.ts';
import { formatRate, type Rate } from '../../config/rate.ts';
import { printable } from '../../log/printable.ts';
import { changeEach } from '../change-each.ts';
import { UsageError } from '../explain.ts';
import { filePriority, jsonOption, priority, rate, seed, select } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface SetOptions {
  readonly priority?: number;
  readonly category?: string;
  readonly limitRate?: Rate | 'default';
  readonly select?: readonly string[];
  readonly filePriority?: readonly string[];
  readonly seed?: string;
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
      .option('--select <files>', "of several files only these, such as 1,3-5,'*.mkv'; all: all of them", select)
      .option(
        '--file-priority <files>',
        "which of them come first or last, such as '*.mkv=high,7-=low'; all=normal: none",
        filePriority,
      )
      .option(
        '--seed <how-long>',
        'send a torrent to others: 1.5 (ratio), 2h, 1.5,2h, forever or off; also one that is complete',
        seed,
      )
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
A download that runs goes on, with other files after a moment; with another priority one that waits stands behind those that wait
there. Its folder stays as it was when the download was added.

Examples:
  $ longhaul set 12 --priority high
  $ longhaul set 12 --select '*.mkv' --file-priority 1=high
  $ longhaul set 12 --seed 1.5
  $ longhaul set 12 13 --category films --limit-rate 2MB`;

function ownRate(text: string): Rate | 'default' {
  return text === 'default' ? text : rate(text);
}

/** Throws `UsageError` where nothing is to be changed. */
function requestOf({ priority: wanted, category, limitRate, seed: goal, ...files }: SetOptions): SetRequest {
  const request: SetRequest = {
    ...(wanted === undefined ? {} : { priority: wanted }),
    ...(category === undefined ? {} : { category: category === 'none' ? null : category }),
    ...(limitRate === undefined ? {} : { rate: limitRate }),
    ...(goal === undefined ? {} : { seed: goal }),
    ...(files.select === undefined ? {} : { select: files.select.join() === 'all' ? null : files.select }),
    ...(files.filePriority === undefined ? {} : { filePriorities: prioritiesOf(files.filePriority) }),
  };
  if (Object.keys(request).length === 0) {
    throw new UsageError('say what to set: --priority, --category, --limit-rate, --select, --file-priority or --seed');
  }
  return request;
}

function prioritiesOf(given: readonly string[]): readonly string[] | null {
  return given.join() === 'all=normal' ? null : given;
}

function wordsFor({ priority: wanted, category, rate: limit, seed: goal, ...request }: SetRequest): string {
  const { select: files, filePriorities } = request;
  return [
    ...(wanted === undefined ? [] : [`priority ${wanted}`]),
    ...(category === undefined ? [] : [category === null ? 'no category' : `category ${printable(category)}`]),
    ...(limit === undefined ? [] : [limit === 'default' ? 'limited as configured' : `limit ${formatRate(limit)}`]),
    ...(goal === undefined ? [] : [goal === 'off' ? 'not seeded' : `seeded ${goal}`]),
    ...(files === undefined ? [] : [files === null ? 'all files' : `files ${printable(files.join())}`]),
    ...(filePriorities === undefined ? [] : [`file priorities ${printable(filePriorities?.join() ?? 'as usual')}`]),
  ].join(', ');
}
