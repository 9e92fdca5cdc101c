import type { Added } from '../../commands/commands.ts';
import { wireDownload } from '../../contract/wire.ts';
import { isUnfinished } from '../../downloads/states.ts';
import { printable } from '../../log/printable.ts';
import { addLinks, existingOf } from '../add-links.ts';
import { askedLinks, checkLinks } from '../asked-links.ts';
import { ignoredOptions, ignoredSentence } from '../ignored-options.ts';
import { jsonOption } from '../options.ts';
import { addRequestOptions, countedWith, downloadOptions, folderFor, type RequestOptions } from '../request-options.ts';
import { nameOf, placeOf } from '../texts.ts';
import { asking, type Verb } from '../verb.ts';

interface AddOptions extends RequestOptions {
  readonly json?: boolean;
}

/** `longhaul add`: writes links down for whichever engine runs, now or later. */
export const add: Verb = {
  define(command) {
    command.argument('[link...]', 'what to download: links, or .torrent and .meta4 files');
    addRequestOptions(command, 'downloads.directory of the configuration')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  $ longhaul add https://example.org/film.mkv
  $ longhaul add -d ~/films https://example.org/a.mkv https://example.org/b.mkv
  $ longhaul add --input-file links.txt
  $ longhaul add --text - < message.txt`,
      );
  },
  async run(command, context) {
    const options = command.opts<AddOptions>();
    checkLinks(command.args, options);
    const common = await downloadOptions(options, context);
    const { screen } = context;
    return asking(context, async (longhaul) => {
      const directory = await folderFor(context, options, longhaul.config.downloads.directory);
      const { commands } = longhaul;
      const asked = askedLinks(context, { links: command.args, options, directory, common, commands });
      let idle = false;
      const request = {
        metadata: options.meta ?? {},
        ...countedWith(options),
        ...existingOf(options, longhaul.config.queue.if_exists),
      };
      const code = await addLinks(context, longhaul, asked, request, (one, link) => {
        const { download, followed, skipped, willRun } = one;
        const begun = followed && !skipped && isUnfinished(download.status);
        idle ||= !willRun && !skipped && isUnfinished(download.status);
        const namesFolder = options.dir !== undefined || link.directory !== directory;
        const ignored = begun ? ignoredOptions({ ...link, ...request, namesFolder }, download) : [];
        if (options.json) screen.json({ ...wireDownload(download), followed, skipped, willRun, ignored });
        else screen.out.line(`${screen.out.look.symbol(download.status)} ${download.id} ${wordsOf(one)}`);
        const sentence = ignoredSentence(nameOf(download), download.id, ignored);
        if (sentence !== undefined) screen.err.line(`${screen.err.look.symbol('warning')} ${sentence}`);
      });
      if (idle) {
        const how =
          'start with longhaul resume-downloads, or longhaul serve; a longhaul get runs only links of its own';
        screen.err.line(`${screen.err.look.symbol('warning')} nobody is running who takes them: ${how}`);
      }
      return code;
    });
  },
};

function wordsOf({ download, followed, skipped }: Added): string {
  const name = nameOf(download);
  if (skipped || (followed && !isUnfinished(download.status)))
    return `${name}: left alone, it is there (${placeOf(download)})`;
  return `${name}: ${followed ? 'was there already' : 'added'}, goes to ${printable(download.directory)}`;
}
