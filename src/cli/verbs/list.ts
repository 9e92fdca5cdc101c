import { Option } from 'commander';
import { wireDownload } from '../../contract/wire.ts';
import type { Download } from '../../downloads/download.ts';
import { type Status, statuses } from '../../downloads/states.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { downloadTable } from '../download-table.ts';
import { exit } from '../exit-codes.ts';
import { jsonOption, limitOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface ListOptions {
  readonly status?: Status;
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
      .addOption(limitOption(30))
      .option('--all', 'all of them')
      .addOption(jsonOption())
      .addHelpText('after', '\nExamples:\n  $ longhaul list\n  $ longhaul list --status failed --limit 5 --json');
  },
  async run(command, context) {
    const options = command.opts<ListOptions>();
    const { screen } = context;
    const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
    const rows = await asking(context, (longhaul) => newest(longhaul, options.status, limit + 1));
    const shown = rows.slice(0, limit);
    if (options.json) {
      for (const download of shown) screen.json(wireDownload(download));
      return exit.done;
    }
    if (shown.length === 0)
      screen.err.line(
        options.status ? `no download is ${options.status}` : 'no downloads yet; begin with: longhaul get LINK',
      );
    else for (const line of await downloadTable(shown, screen.out)) screen.out.line(line);
    if (rows.length > shown.length)
      screen.err.line(screen.err.look.paint('faint', `the newest ${shown.length}; more with --limit N or --all`));
    return exit.done;
  },
};

async function newest(longhaul: Longhaul, status: Status | undefined, limit: number): Promise<readonly Download[]> {
  const found: Download[] = [];
  while (found.length < limit) {
    const last = found.at(-1);
    const rows = await longhaul.commands.list({
      limit: Math.min(page, limit - found.length),
      ...(status ? { statuses: [status] } : {}),
      ...(last ? { beforeId: last.id } : {}),
    });
    if (rows.length === 0) break;
    found.push(...rows);
  }
  return found;
}
