import { Option } from 'commander';
import { wireDownload } from '../../contract/wire.ts';
import type { Download, Live } from '../../downloads/download.ts';
import { type Status, statuses } from '../../downloads/states.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { downloadTable } from '../download-table.ts';
import { exit } from '../exit-codes.ts';
import { UsageError } from '../explain.ts';
import { jsonOption, limitOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface ListOptions {
  readonly status?: Status;
  readonly category?: string;
  readonly queue?: boolean;
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

const page = 1000;

/** `longhaul list`: a table of downloads, newest first. */
export const list: Verb = {
  define(command) {
    command
      .addOption(new Option('--status <status>', 'only those in this state').choices(statuses))
      .option('--category <name>', 'only those of this category')
      .option('--queue', 'what waits, in its order: next first')
      .addOption(limitOption(30))
      .option('--all', 'all of them')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        '\nExamples:\n  $ longhaul list\n  $ longhaul list --queue\n  $ longhaul list --status failed --limit 5 --json',
      );
  },
  async run(command, context) {
    const options = command.opts<ListOptions>();
    const { screen } = context;
    if (options.queue && (options.status ?? options.category) !== undefined) {
      throw new UsageError('--queue is all that waits; leave --status and --category out');
    }
    const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
    const rows = await asking(context, (longhaul) => pagesOf(longhaul, options, limit + 1));
    const shown = rows.slice(0, limit);
    if (options.json) {
      for (const download of shown) screen.json(wireDownload(download));
      return exit.done;
    }
    if (shown.length === 0) screen.err.line(nothingText(options));
    else for (const line of await downloadTable(shown, screen.out, context.clock.now())) screen.out.line(line);
    if (rows.length > shown.length)
      screen.err.line(
        screen.err.look.paint(
          'faint',
          `the ${options.queue ? 'next' : 'newest'} ${shown.length}; more with --limit N or --all`,
        ),
      );
    return exit.done;
  },
};

function nothingText({ status, category, queue }: ListOptions): string {
  if (queue) return 'nothing waits';
  const which = category === undefined ? '' : ` of category ${printable(category)}`;
  if (status) return `no download${which} is ${status}`;
  return category === undefined ? 'no downloads yet; begin with: longhaul get LINK' : `no download is${which}`;
}

async function pagesOf(longhaul: Longhaul, options: ListOptions, limit: number): Promise<readonly (Download & Live)[]> {
  const { status, category, queue } = options;
  const found: (Download & Live)[] = [];
  while (found.length < limit) {
    const last = found.at(-1);
    const size = Math.min(page, limit - found.length);
    const rows = queue
      ? await longhaul.commands.queued({ limit: size, ...(last ? { after: last } : {}) })
      : await longhaul.commands.list({
          limit: size,
          ...(status ? { statuses: [status] } : {}),
          ...(category === undefined ? {} : { category }),
          ...(last ? { beforeId: last.id } : {}),
        });
    if (rows.length === 0) break;
    found.push(...rows);
  }
  return found;
}
