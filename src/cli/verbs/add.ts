import type { Added, AddRequest } from '../../commands/commands.ts';
import { wireDownload } from '../../contract/wire.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit, worst } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { jsonOption } from '../options.ts';
import { addRequestOptions, downloadOptions, folderOf, type RequestOptions } from '../request-options.ts';
import { nameOf } from '../texts.ts';
import { asking, type Context, type Verb } from '../verb.ts';

interface AddOptions extends RequestOptions {
  readonly json?: boolean;
}

/** `longhaul add`: writes links down for whichever engine runs, now or later. */
export const add: Verb = {
  define(command) {
    command.argument('<link...>', 'what to download');
    addRequestOptions(command, 'downloads.directory of the configuration')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  $ longhaul add https://example.org/film.mkv
  $ longhaul add -d ~/films https://example.org/a.mkv https://example.org/b.mkv`,
      );
  },
  async run(command, context) {
    const options = command.opts<AddOptions>();
    const given = downloadOptions(options, command.args);
    return asking(context, async (longhaul) => {
      const directory =
        options.dir === undefined ? longhaul.config.downloads.directory : folderOf(context, options.dir);
      const request = { directory, options: given, metadata: options.meta ?? {} };
      const added: Added[] = [];
      const codes: ExitCode[] = [];
      for (const link of command.args)
        codes.push(await addOne(context, longhaul, { ...request, link }, added, options.json === true));
      if (added.some(({ willRun }) => !willRun)) {
        context.screen.err.line(
          `${context.screen.err.look.symbol('warning')} nobody is running: start with longhaul resume-downloads`,
        );
      }
      return worst(codes);
    });
  },
};

async function addOne(
  context: Context,
  longhaul: Longhaul,
  request: AddRequest,
  added: Added[],
  json: boolean,
): Promise<ExitCode> {
  const { screen } = context;
  try {
    const one = await longhaul.commands.add(request);
    added.push(one);
    const { download, followed, willRun } = one;
    if (json) screen.json({ ...wireDownload(download), followed, willRun });
    else
      screen.out.line(
        `${screen.out.look.symbol(download.status)} ${download.id} ${nameOf(download)}: ${followed ? 'was there already' : 'added'}, goes to ${printable(download.directory)}`,
      );
    return exit.done;
  } catch (error) {
    const explained = explain(error);
    if (!explained || explained.code === exit.store) throw error;
    screen.err.line(`${screen.err.look.symbol('failed')} ${printable(explained.message ?? '')}`);
    return explained.code;
  }
}
