import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ImportReport } from '../../commands/import/import-downloads.ts';
import { wireImport } from '../../contract/wire.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit } from '../exit-codes.ts';
import { UsageError } from '../explain.ts';
import { importLines, problemLines } from '../import-report.ts';
import { jsonOption } from '../options.ts';
import { asking, type Context, type Verb } from '../verb.ts';

interface ImportOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul import`: takes over what another program has written down. */
export const importVerb: Verb = {
  define(command) {
    command
      .argument('<file>', 'what to read; - is standard input')
      .option('--dry-run', 'only tell what would be imported')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const [from = ''] = command.args;
    const options = command.opts<ImportOptions>();
    const { bytes, folder } = await opened(context, from);
    const report = await asking(context, (longhaul) =>
      longhaul.commands.importDownloads({
        bytes,
        folder,
        directory: longhaul.config.downloads.directory,
        dryRun: options.dryRun === true,
      }),
    );
    if ('refused' in report) throw new UsageError(`${from} ${report.refused}`);
    tell(context, from, report, options.json === true);
    return codeOf(report);
  },
};

const help = `
Reads a download_tracker.json (MEGA downloader), a downloads.json (torrents), a plain SQL dump of Stalkeer and a session
of aria2, recognised by what is in them. Of a damaged file it saves what is whole, and names what is not.
What was delivered comes as completed, what was paused as paused; what was unfinished is pending and will be downloaded,
from its beginning. Importing again adds nothing. No file is moved, changed or deleted.

Examples:
  $ longhaul import --dry-run ~/bot/temp/download_tracker.json
  $ longhaul import ~/library/data/downloads.json
  $ pg_dump stalkeer | longhaul import -`;

function tell({ screen }: Context, from: string, report: ImportReport, json: boolean): void {
  if (json) {
    screen.json(wireImport({ from, ...report }));
    return;
  }
  for (const line of importLines(printable(from), report, screen.out.look)) screen.out.line(line);
  for (const line of problemLines(report)) screen.err.line(`${screen.err.look.symbol('failed')} ${printable(line)}`);
}

function codeOf({ problemCount }: ImportReport): ExitCode {
  return problemCount > 0 ? exit.failed : exit.done;
}

/** The bytes of a file, and the folder it lies in. Throws `UsageError`. */
async function opened(
  context: Context,
  from: string,
): Promise<{ bytes: AsyncIterable<Uint8Array | string>; folder: string }> {
  if (from === '-') return { bytes: context.stdin, folder: context.currentFolder() };
  const path = resolve(context.currentFolder(), from);
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new UsageError(`there is no file ${path}`);
  if (facts.isDirectory()) throw new UsageError(`${path} is a folder; name the file in it that is to be imported`);
  const stream = createReadStream(path, { highWaterMark: 1 << 18 });
  await new Promise<void>((open, refuse) => {
    stream.once('open', () => open());
    stream.once('error', (error: NodeJS.ErrnoException) =>
      refuse(new UsageError(`${path} cannot be read (${error.code ?? error.message})`)),
    );
  });
  return { bytes: stream, folder: dirname(path) };
}
