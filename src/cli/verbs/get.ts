import type { Added, AddRequest } from '../../commands/commands.ts';
import type { Download } from '../../downloads/download.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit, worst } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { follow } from '../follow.ts';
import { jsonOption, waitOption } from '../options.ts';
import { addRequestOptions, downloadOptions, folderOf, type RequestOptions } from '../request-options.ts';
import { running } from '../running.ts';
import { nameOf } from '../texts.ts';
import type { Context, Verb } from '../verb.ts';

interface GetOptions extends RequestOptions {
  readonly wait: number;
  readonly json?: boolean;
}

/** `longhaul get`: adds links, runs them here, and waits for them. */
export const get: Verb = {
  define(command) {
    command.argument('<link...>', 'what to download');
    addRequestOptions(command, 'the current folder')
      .addOption(waitOption())
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const options = command.opts<GetOptions>();
    const request = {
      directory: folderOf(context, options.dir ?? '.'),
      options: downloadOptions(options, command.args),
      metadata: options.meta ?? {},
    };
    return running(context, { role: 'get', engine: true }, async (longhaul, signal) => {
      const { downloads, codes } = await addAll(context, longhaul, command.args, {
        ...request,
        runner: longhaul.instance,
      });
      const code = await follow(context, longhaul, downloads, {
        wait: options.wait,
        json: options.json === true,
        signal,
      });
      return worst([...codes, code]);
    });
  },
};

const help = `
Examples:
  $ longhaul get https://example.org/film.mkv
  $ longhaul get -d ~/films -o film.mkv https://example.org/f?id=7
  $ longhaul get --checksum sha-256=HEX --header 'Cookie: a=b' https://example.org/x.iso

Ctrl-C stops it decently; longhaul resume-downloads goes on where it was.`;

/** A link that is refused does not keep the others from running. */
async function addAll(
  context: Context,
  longhaul: Longhaul,
  links: readonly string[],
  request: Omit<AddRequest, 'link'>,
): Promise<{ readonly downloads: readonly Download[]; readonly codes: readonly ExitCode[] }> {
  const downloads = new Map<number, Download>();
  const codes: ExitCode[] = [];
  for (const link of links) {
    try {
      const added = await longhaul.commands.add({ ...request, link });
      if (added.followed && !downloads.has(added.download.id)) await tellFollowed(context, longhaul, added);
      downloads.set(added.download.id, added.download);
    } catch (error) {
      codes.push(refused(context, error));
    }
  }
  return { downloads: [...downloads.values()], codes };
}

function refused(context: Context, error: unknown): ExitCode {
  const explained = explain(error);
  if (!explained || explained.code === exit.store) throw error;
  const { look, line } = context.screen.err;
  line(`${look.symbol('failed')} ${printable(explained.message ?? '')}`);
  return explained.code;
}

async function tellFollowed(context: Context, longhaul: Longhaul, { download }: Added): Promise<void> {
  const { look, line } = context.screen.err;
  if (download.runner === longhaul.instance) {
    line(`${look.symbol('note')} ${nameOf(download)}: was begun before as ${download.id}, going on with it`);
    return;
  }
  const { why } = await longhaul.commands.show(String(download.id));
  line(`${look.symbol('note')} ${nameOf(download)}: already there as ${download.id} (${printable(why)}), following it`);
}
