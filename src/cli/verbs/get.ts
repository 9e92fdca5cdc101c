import type { Added } from '../../commands/commands.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { addLinks } from '../add-links.ts';
import { askedLinks, checkLinks } from '../asked-links.ts';
import { worst } from '../exit-codes.ts';
import { type Followed, follow } from '../follow.ts';
import { jsonOption, waitOption } from '../options.ts';
import { previewAll } from '../preview.ts';
import { addRequestOptions, downloadOptions, folderOf, type RequestOptions } from '../request-options.ts';
import { running } from '../running.ts';
import { nameOf } from '../texts.ts';
import type { Context, Verb } from '../verb.ts';

interface GetOptions extends RequestOptions {
  readonly wait: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul get`: adds links, runs them here, and waits for them. */
export const get: Verb = {
  define(command) {
    command.argument('[link...]', 'what to download: links, or .meta4 files');
    addRequestOptions(command, 'the current folder')
      .addOption(waitOption())
      .option('--dry-run', 'only ask: name, size, ranges, version, and where it would go')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const options = command.opts<GetOptions>();
    checkLinks(command.args, options);
    const common = await downloadOptions(options, context);
    const directory = folderOf(context, options.dir ?? '.');
    const asked = (longhaul: Longhaul) => {
      const { metalink } = longhaul.commands;
      return askedLinks(context, { links: command.args, options, directory, common, metalink });
    };
    if (options.dryRun) return previewAll(context, asked, options.json === true);
    return running(context, { role: 'get', engine: true }, async (longhaul, signal) => {
      const downloads = new Map<number, Followed>();
      const request = { metadata: options.meta ?? {}, runner: longhaul.instance };
      const added = await addLinks(context, longhaul, asked(longhaul), request, async (one) => {
        const { id, name, link } = one.download;
        if (one.followed && !downloads.has(id)) await tellFollowed(context, longhaul, one);
        downloads.set(id, { id, name, link });
      });
      if (downloads.size === 0) return added;
      const how = { wait: options.wait, json: options.json === true, signal };
      return worst([added, await follow(context, longhaul, [...downloads.values()], how)]);
    });
  },
};

const help = `
Examples:
  $ longhaul get https://example.org/film.mkv
  $ longhaul get -d ~/films -o film.mkv https://example.org/f?id=7
  $ longhaul get --checksum sha-256=HEX --header 'Cookie: a=b' https://example.org/x.iso
  $ longhaul get 'https://example.org/page[001-120].jpg' --input-file more-links.txt
  $ longhaul get https://example.org/x.iso --mirror https://mirror.example.net/x.iso

Ctrl-C stops it decently; longhaul resume-downloads goes on where it was.`;

async function tellFollowed(context: Context, longhaul: Longhaul, { download }: Added): Promise<void> {
  const { look, line } = context.screen.err;
  if (download.runner === longhaul.instance) {
    line(`${look.symbol('note')} ${nameOf(download)}: was begun before as ${download.id}, going on with it`);
    return;
  }
  const { why } = await longhaul.commands.show(String(download.id));
  line(`${look.symbol('note')} ${nameOf(download)}: already there as ${download.id} (${printable(why)}), following it`);
}
