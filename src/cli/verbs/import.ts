import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ImportReport, ImportRequest } from '../../commands/import/import-downloads.ts';
import { wireImport } from '../../contract/wire.ts';
import { printable } from '../../log/printable.ts';
import { maskLinks } from '../../log/redaction.ts';
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
      .argument('<file>', 'what to read: a file, a database (postgres://…), qbittorrent, or - for standard input')
      .option('--dry-run', 'only tell what would be imported')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const [from = ''] = command.args;
    const options = command.opts<ImportOptions>();
    const given = await opened(context, from);
    const report = await asking(context, (longhaul) =>
      longhaul.commands.importDownloads({
        ...given,
        directory: longhaul.config.downloads.directory,
        dryRun: options.dryRun === true,
      }),
    );
    const name = maskLinks(from);
    if ('refused' in report) throw new UsageError(`${name} ${report.refused}`);
    tell(context, name, report, options.json === true);
    return codeOf(report);
  },
};

const help = `
Reads an export of Longhaul, a download_tracker.json (MEGA downloader), a downloads.json (torrents), Stalkeer's
database or a plain SQL dump of it, and a session of aria2, recognised by what is in them. Of a damaged file it saves
what is whole, and names what is not.
What was delivered comes as completed, what was paused as paused; what was unfinished is pending and will be downloaded,
from its beginning. qbittorrent is the one of the configuration: what it has completed comes as completed, and stays its
own. Importing again adds nothing. No file is moved, changed or deleted.

Examples:
  $ longhaul import --dry-run ~/bot/temp/download_tracker.json
  $ longhaul import ~/library/data/downloads.json
  $ longhaul import qbittorrent
  $ pg_dump stalkeer | longhaul import -
  $ PGPASSWORD=… longhaul import postgres://user@localhost/stalkeer`;

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

/** What is read, and the folder where its relative paths begin. Throws `UsageError`. */
async function opened(context: Context, from: string): Promise<Pick<ImportRequest, 'from' | 'folder'>> {
  if (from === 'qbittorrent') return { from, folder: context.currentFolder() };
  if (from === '-') return { from: context.stdin, folder: context.currentFolder() };
  if (/^postgres(?:ql)?:\/\//i.test(from)) return { from: databaseLink(from), folder: context.currentFolder() };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from)) {
    throw new UsageError('only a file or a database of PostgreSQL (postgres://…) can be imported; download it first');
  }
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
  return { from: stream, folder: dirname(path) };
}

/** What was typed is not repeated: it may hold a password. */
function databaseLink(from: string): URL {
  const link = URL.parse(from);
  if (link && link.pathname.length > 1) return link;
  throw new UsageError('the address of the database should look like postgres://USER@HOST:5432/DATABASE');
}
