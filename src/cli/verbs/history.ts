import { wireDownload, wireStatistics } from '../../contract/wire.ts';
import { bytesText } from '../../downloads/words.ts';
import { downloadTable } from '../download-table.ts';
import { exit } from '../exit-codes.ts';
import { jsonOption, limitOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul history`: the newest downloads, and figures over all of them. */
export const history: Verb = {
  define(command) {
    command
      .addOption(limitOption(10))
      .addOption(jsonOption())
      .addHelpText('after', '\nExamples:\n  $ longhaul history\n  $ longhaul history --limit 100 --json');
  },
  async run(command, context) {
    const { limit, json } = command.opts<{ readonly limit: number; readonly json?: boolean }>();
    const { screen } = context;
    const { recent, statistics } = await asking(context, (longhaul) => longhaul.commands.history({ limit }));
    const figures = wireStatistics(statistics);
    if (json) {
      screen.json({ downloads: recent.map((download) => wireDownload(download)), statistics: figures });
      return exit.done;
    }
    const table = recent.length > 0 ? [...(await downloadTable(recent, screen.out, context.clock.now())), ''] : [];
    for (const line of table) screen.out.line(line);
    const facts = [
      figures.total === 1 ? '1 download' : `${figures.total} downloads`,
      `${figures.completed} completed (${bytesText(figures.bytes)})`,
      `${figures.failed} failed`,
      ...(figures.cancelled > 0 ? [`${figures.cancelled} cancelled`] : []),
      `${figures.inProgress} in progress`,
    ];
    screen.out.line(facts.join(` ${screen.out.look.dot} `));
    return exit.done;
  },
};
