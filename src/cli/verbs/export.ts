import { open } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { Option } from 'commander';
import { version } from '../../config/version.ts';
import { csvColumns, csvLine, type ExportedDownload, exportedOf, exportFormat } from '../../downloads/exported.ts';
import { printable } from '../../log/printable.ts';
import { exit } from '../exit-codes.ts';
import { UsageError } from '../explain.ts';
import { jsonOption } from '../options.ts';
import { type Since, sinceOption } from '../since.ts';
import { asking, type Context, type Verb } from '../verb.ts';

interface ExportOptions {
  readonly format?: 'json' | 'csv';
  readonly since?: Since;
  readonly secrets?: boolean;
  readonly json?: boolean;
}

/** `longhaul export`: all downloads as a document, for another machine or a spreadsheet. */
export const exportVerb: Verb = {
  define(command) {
    command
      .argument('[file]', 'where to write; left out, or -: stdout')
      .addOption(
        new Option('--format <format>', 'json (can be imported) or csv; left out: as the file is called').choices([
          'json',
          'csv',
        ]),
      )
      .addOption(sinceOption())
      .option('--secrets', 'with passwords, keys and headers, as another machine needs them to go on')
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const options = command.opts<ExportOptions>();
    const [file] = command.args;
    if (file === '') throw new UsageError('the name of the file is empty; leave it out for stdout');
    const path = file === undefined || file === '-' ? undefined : resolve(context.currentFolder(), file);
    const count = await asking(context, async (longhaul) => {
      const since = options.since?.(context.clock.now());
      const found = longhaul.commands.exportDownloads(since === undefined ? {} : { since });
      const exported = (async function* () {
        for await (const { download, files } of found)
          yield exportedOf(download, files, { secrets: options.secrets === true });
      })();
      const lines = formatFor(path, options) === 'csv' ? csvOf(exported) : jsonOf(exported, context, options);
      return path === undefined ? printed(context, lines) : written(path, lines);
    });
    if (path === undefined) return exit.done;
    const { out } = context.screen;
    if (options.json) context.screen.json({ file: path, downloads: count });
    else
      out.line(
        `${out.look.symbol('completed')} ${count === 1 ? '1 download' : `${count} downloads`} written to ${printable(path)}`,
      );
    return exit.done;
  },
};

const help = `
Passwords, keys and headers are left out; what cannot be fetched without them comes in paused on another machine.
With --secrets they are in the file: keep it to yourself. Importing is: longhaul import FILE

Examples:
  $ longhaul export downloads.json
  $ longhaul export --since 30d last-month.csv
  $ longhaul export --secrets | ssh other longhaul import -`;

function formatFor(path: string | undefined, { format }: ExportOptions): 'json' | 'csv' {
  return format ?? (path !== undefined && extname(path).toLowerCase() === '.csv' ? 'csv' : 'json');
}

/** A line, and whether it is one of a download. */
type Line = readonly [text: string, isDownload: boolean];

/** One JSON document, a download a line. */
async function* jsonOf(
  downloads: AsyncIterable<ExportedDownload>,
  { clock }: Context,
  { secrets = false }: ExportOptions,
): AsyncGenerator<Line> {
  const head = { ...exportFormat, longhaul: version, exportedAt: new Date(clock.now()).toISOString(), secrets };
  yield [`${JSON.stringify(head).slice(0, -1)},"downloads":[`, false];
  let last: string | undefined;
  for await (const download of downloads) {
    if (last !== undefined) yield [`  ${last},`, true];
    last = JSON.stringify(download);
  }
  if (last !== undefined) yield [`  ${last}`, true];
  yield [']}', false];
}

async function* csvOf(downloads: AsyncIterable<ExportedDownload>): AsyncGenerator<Line> {
  yield [csvColumns.join(','), false];
  for await (const download of downloads) yield [csvLine(download), true];
}

async function printed({ screen }: Context, lines: AsyncIterable<Line>): Promise<number> {
  let count = 0;
  for await (const [text, isDownload] of lines) {
    screen.out.line(text);
    count += isDownload ? 1 : 0;
  }
  return count;
}

/** A file of its own, for this user only. Throws `UsageError` when it cannot be made, or is there. */
async function written(path: string, lines: AsyncIterable<Line>): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new UsageError(`${path} is there already; name another file`);
    if (error.code === 'ENOENT') throw new UsageError(`${path} cannot be written: there is no folder ${dirname(path)}`);
    throw new UsageError(`${path} cannot be written (${error.code})`);
  });
  let count = 0;
  try {
    let text = '';
    for await (const [line, isDownload] of lines) {
      text += `${line}\n`;
      count += isDownload ? 1 : 0;
      if (text.length > 1 << 18) text = await file.write(text).then(() => '');
    }
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return count;
}
