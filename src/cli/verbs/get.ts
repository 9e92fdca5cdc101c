import type { Added } from '../../commands/commands.ts';
import { wireDownload } from '../../contract/wire.ts';
import type { Download } from '../../downloads/download.ts';
import { isSeeded } from '../../downloads/seeding.ts';
import { isUnfinished } from '../../downloads/states.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { addLinks, existingOf } from '../add-links.ts';
import { askedLinks, checkLinks } from '../asked-links.ts';
import { exit, worst } from '../exit-codes.ts';
import { type Followed, follow } from '../follow.ts';
import { ignoredOptions, ignoredSentence } from '../ignored-options.ts';
import { jsonOption, waitOption } from '../options.ts';
import { previewAll } from '../preview.ts';
import {
  addRequestOptions,
  countedWith,
  downloadOptions,
  folderFor,
  folderOf,
  type RequestOptions,
} from '../request-options.ts';
import { type Farewell, running } from '../running.ts';
import { seedHere } from '../seed-here.ts';
import { nameOf, placeOf } from '../texts.ts';
import type { Context, Verb } from '../verb.ts';

interface GetOptions extends RequestOptions {
  readonly wait: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul get`: adds links, runs them here, and waits for them. */
export const get: Verb = {
  define(command) {
    command.argument('[link...]', 'what to download: links, or .torrent and .meta4 files');
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
    const directory = await folderFor(context, options, folderOf(context, '.'));
    const asked = (longhaul: Longhaul) => {
      const { commands } = longhaul;
      return askedLinks(context, { links: command.args, options, directory, common, commands });
    };
    if (options.dryRun) return previewAll(context, asked, options.json === true);
    const farewell: Farewell = {};
    const work = async (longhaul: Longhaul, signal: AbortSignal) => {
      const downloads = new Map<number, Followed>();
      const existing = existingOf(options, longhaul.config.queue.if_exists);
      const server = context.hasOwnSettings ? undefined : await longhaul.server();
      const runner = server ? {} : { runner: longhaul.instance };
      const request = { metadata: options.meta ?? {}, ...runner, ...countedWith(options), ...existing };
      let handed = false;
      let elsewhere = true;
      const added = await addLinks(context, longhaul, asked(longhaul), request, async (one, link) => {
        if (one.skipped) return tellSkipped(context, one, options.json === true);
        const { id, name, link: given } = one.download;
        if (one.followed && !downloads.has(id)) {
          const namesFolder = options.dir !== undefined || link.directory !== directory;
          await tellFollowed(context, longhaul, one, { ...link, ...request, namesFolder });
        }
        downloads.set(id, { id, name, link: given });
        elsewhere &&= one.followed && one.download.runner !== longhaul.instance && one.download.status !== 'paused';
        handed ||= server !== undefined && !one.followed;
      });
      if (server && handed) farewell.words = tellHanded(context, server.pid);
      else if (elsewhere) farewell.words = 'no longer following; the process that downloads it goes on';
      if (downloads.size === 0 && added === exit.done) tellNothing(context, options);
      if (downloads.size === 0) return added;
      const seeded: number[] = [];
      const onEnd = ({ id, seeding }: Download) => void (isSeeded(seeding) && seeded.push(id));
      const how = { wait: options.wait, json: options.json === true, signal, onEnd };
      const end = worst([added, await follow(context, longhaul, [...downloads.values()], how)]);
      if (!server) await seedHere(context, longhaul, seeded, { stays: options.seed !== undefined, signal });
      return end;
    };
    return running(context, { role: 'get', engine: true }, work, farewell);
  },
};

const help = `
Examples:
  $ longhaul get https://example.org/film.mkv
  $ longhaul get -d ~/films -o film.mkv https://example.org/f?id=7
  $ longhaul get --checksum sha-256=HEX --header 'Cookie: a=b' https://example.org/x.iso
  $ longhaul get film.torrent --select '*.mkv,!*sample*'
  $ longhaul get 'https://example.org/page[001-120].jpg' --input-file more-links.txt
  $ longhaul get --text 'both parts: https://example.org/a.rar, and (https://example.org/b.rar)'
  $ longhaul get https://example.org/x.iso --mirror https://mirror.example.net/x.iso

Ctrl-C stops it decently; longhaul resume-downloads goes on where it was. With --seed it stays after the end until a
torrent was seeded for so long; longhaul serve goes on with it.`;

/** Returns what is to be said when the person no longer follows. */
function tellHanded({ screen }: Context, pid: number): string {
  const { look, line } = screen.err;
  line(`${look.symbol('note')} handed to longhaul serve (process ${pid}), following it`);
  return `no longer following; longhaul serve (process ${pid}) goes on`;
}

/** An empty list is no mistake: whoever made it had nothing to fetch. */
function tellNothing({ screen }: Context, { inputFile }: GetOptions): void {
  if (inputFile === undefined) return;
  screen.err.line(
    `there are no links in ${inputFile === '-' ? 'standard input' : printable(inputFile)}; nothing to do`,
  );
}

function tellSkipped({ screen }: Context, { download }: Added, json: boolean): void {
  if (json) screen.json(wireDownload(download));
  const { look, line } = screen.err;
  line(`${look.symbol('note')} ${nameOf(download)}: left alone, it is there as ${download.id} (${placeOf(download)})`);
}

async function tellFollowed(
  context: Context,
  longhaul: Longhaul,
  { download }: Added,
  asked: Parameters<typeof ignoredOptions>[0],
): Promise<void> {
  const { look, line } = context.screen.err;
  if (!isUnfinished(download.status)) {
    line(`${look.symbol('note')} ${nameOf(download)}: was delivered before as ${download.id}`);
    return;
  }
  const ignored = ignoredSentence(nameOf(download), download.id, ignoredOptions(asked, download));
  if (ignored !== undefined) line(`${look.symbol('warning')} ${ignored}`);
  const elsewhere = download.directory === asked.directory ? '' : `; it goes to ${printable(download.directory)}`;
  if (download.runner === longhaul.instance) {
    line(
      `${look.symbol('note')} ${nameOf(download)}: was begun before as ${download.id}, going on with it${elsewhere}`,
    );
    return;
  }
  const { why } = await longhaul.commands.show(String(download.id));
  line(
    `${look.symbol('note')} ${nameOf(download)}: already there as ${download.id} (${printable(why)}), following it${elsewhere}`,
  );
}
