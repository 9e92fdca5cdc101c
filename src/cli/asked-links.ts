import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AddRequest, Commands } from '../commands/commands.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { linksInText } from '../sources/links-in-text.ts';
import { shortLink } from '../sources/malformed.ts';
import type { ExitCode } from './exit-codes.ts';
import { explain, UsageError } from './explain.ts';
import { globbed, globCount, numbered } from './globs.ts';
import { type InputEntry, inputEntries } from './input-file.ts';
import type { Context } from './verb.ts';

/** Where links come from, beside the command line itself. */
export interface LinkOptions {
  readonly inputFile?: string;
  readonly text?: string;
  readonly source?: string;
  readonly glob: boolean;
  readonly metalink: boolean;
  readonly torrent: boolean;
  readonly mirror?: readonly string[];
  readonly out?: string;
  readonly checksum?: string;
}

export type GoodLink = Exclude<AskedLink, { readonly wrong: string }>;

/** One thing to add, or a line of an input file that is none. */
export type AskedLink =
  /** `where`: the line it stands on, for a refusal. */
  | (Pick<AddRequest, 'link' | 'directory' | 'options' | 'torrent' | 'source'> & { readonly where?: string })
  | { readonly wrong: string; readonly code?: ExitCode };

export interface AskedFrom {
  readonly links: readonly string[];
  readonly options: LinkOptions;
  /** What all links get. */
  readonly directory: string;
  readonly common: DownloadOptions;
  readonly commands: Pick<Commands, 'metalink' | 'torrent'>;
}

/** A pattern that stands for more is a slip of the finger. */
const mostGlobbed = 1_000_000;
const metalinkName = /\.(?:meta4|metalink)$/i;
const torrentName = /\.torrent$/i;
/** RFC 5854 files are small, and so are torrents; bytes. */
const mostNaming = 10 << 20;
const mostText = 10 << 20;

/**
 * Everything a command line asks for, one by one: its links with their globs, what its Metalinks name,
 * and the lines of its input file. Throws `UsageError` for a file that is not there.
 */
export async function* askedLinks(context: Context, from: AskedFrom): AsyncGenerator<AskedLink> {
  const { links, options, common } = from;
  for (const pattern of links) {
    for (const { link, parts } of options.glob ? globbed(pattern) : [{ link: pattern, parts: [] }]) {
      const name = common.name === undefined ? {} : { name: numbered(common.name, parts) };
      const own = { ...common, ...name, ...mirrorsOf(options) };
      const asked = { link, directory: from.directory, options: own, ...sourceOf(options) };
      if (options.metalink && isNamed(link, metalinkName)) yield* fromMetalink(context, from, link, asked.options);
      else yield await withTorrent(context, from, asked);
    }
  }
  if (options.text !== undefined) yield* fromText(context, from, options.text);
  if (options.inputFile !== undefined) yield* fromFile(context, from, options.inputFile);
}

/** Throws `UsageError` where there is nothing to do, or what is of one file is asked for several. */
export function checkLinks(links: readonly string[], options: LinkOptions): void {
  const { inputFile, text, out, checksum, mirror } = options;
  if (links.length === 0 && inputFile === undefined && text === undefined) {
    throw new UsageError("missing required argument 'link'; give links, --text TEXT, or --input-file FILE");
  }
  if (text === '-' && inputFile === '-') throw new UsageError('--text and --input-file cannot both be standard input');
  const inText = text === undefined || text === '-' ? 0 : linksInText(text).length;
  if (text !== undefined && text !== '-' && inText === 0) throw new UsageError(`--text: ${noneInText}`);
  const count = inText + links.reduce((sum, link) => sum + (options.glob ? globCount(link) : 1), 0);
  if (count > mostGlobbed) {
    const room = `${mostGlobbed} are possible (--no-glob takes them literally)`;
    throw new UsageError(`the globs stand for ${count} links; ${room}`);
  }
  const isOpen = inputFile !== undefined || text === '-';
  if (count <= 1 && !isOpen) return;
  const open = inputFile === undefined ? 'a text of links' : 'an input file';
  const several = isOpen ? `${open} was given` : `${count} links were given`;
  if (out !== undefined && (isOpen || inText > 0 || !/#\d/.test(out))) {
    throw new UsageError(`--out names one file and ${several}; leave it out, or give one link`);
  }
  if (checksum !== undefined) throw new UsageError(`--checksum is of one file and ${several}; give one link`);
  if (mirror !== undefined) throw new UsageError(`--mirror is of one file and ${several}; give one link`);
}

function mirrorsOf({ mirror }: LinkOptions): Pick<DownloadOptions, 'mirrors'> {
  return mirror === undefined ? {} : { mirrors: mirror };
}

function sourceOf({ source }: LinkOptions): Pick<AddRequest, 'source'> {
  return source === undefined ? {} : { source };
}

/** Whether a link, or the path of a file, ends in such a name. */
function isNamed(link: string, name: RegExp): boolean {
  const url = URL.parse(link.trim());
  return name.test(url && url.protocol.length > 2 ? url.pathname : link.trim());
}

function isPath(link: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:\/\//i.test(link.trim());
}

/** What a .torrent names in its place. One that cannot be read keeps no other link out. */
async function withTorrent<Asked extends GoodLink>(
  context: Context,
  { options, commands }: AskedFrom,
  asked: Asked,
): Promise<AskedLink> {
  const { link, where } = asked;
  if (!options.torrent || !isNamed(link, torrentName) || /^\s*magnet:/i.test(link)) return asked;
  try {
    const from = isPath(link) ? { content: await localContent(context, link.trim(), 'torrent') } : { link };
    const given = { directory: asked.directory, ...(asked.options ? { options: asked.options } : {}) };
    return { ...(where === undefined ? {} : { where }), ...(await commands.torrent({ ...from, ...given })) };
  } catch (error) {
    const explained = explain(error);
    if (!explained) throw error;
    const place = where === undefined ? '' : `${where}: `;
    return { wrong: `${place}${shortLink(link)}: ${explained.message ?? ''}`, code: explained.code };
  }
}

async function* fromMetalink(
  context: Context,
  from: AskedFrom,
  link: string,
  options: DownloadOptions,
): AsyncGenerator<AskedLink> {
  const text = isPath(link) ? (await localContent(context, link, 'Metalink')).toString('utf8') : undefined;
  const files = await from.commands.metalink(
    text === undefined ? { link, directory: from.directory, options } : { text, directory: from.directory, options },
  );
  if (options.name !== undefined && files.length > 1) {
    throw new UsageError(`--out names one file and ${link} names ${files.length}; leave it out`);
  }
  yield* files;
}

/** `what` it should be. Throws `UsageError`. */
async function localContent(context: Context, path: string, what: string): Promise<Buffer> {
  const place = resolve(context.currentFolder(), path);
  const facts = await stat(place).catch(() => undefined);
  if (!facts?.isFile()) throw new UsageError(`there is no ${what} file ${place}; a link begins with https://`);
  if (facts.size > mostNaming) throw new UsageError(`${place} is larger than 10 MiB; that is no ${what}`);
  return readFile(place).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${place} cannot be read (${error.code ?? error.message})`);
  });
}

/** Links as they stand in what somebody wrote: no globs. */
async function* fromText(context: Context, from: AskedFrom, given: string): AsyncGenerator<AskedLink> {
  const links = linksInText(given === '-' ? await textOf(context.stdin) : given);
  if (links.length === 0) yield { wrong: `standard input: ${noneInText}` };
  const options = { ...from.common, ...mirrorsOf(from.options) };
  for (const link of links) {
    if (from.options.metalink && isNamed(link, metalinkName)) yield* fromMetalink(context, from, link, options);
    else
      yield await withTorrent(context, from, {
        link,
        directory: from.directory,
        options,
        ...sourceOf(from.options),
      });
  }
}

const noneInText = 'there is no link in the text; links begin with https://, http://, ftp://, sftp:// or magnet:?';

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const portions: Buffer[] = [];
  let length = 0;
  for await (const portion of stream) {
    portions.push(Buffer.from(portion));
    length += portion.length;
    if (length > mostText)
      throw new UsageError('--text: standard input is longer than 10 MiB; use --input-file for lists');
  }
  return Buffer.concat(portions).toString('utf8');
}

async function* fromFile(context: Context, from: AskedFrom, file: string): AsyncGenerator<AskedLink> {
  for await (const entry of inputEntries(await streamOf(context, file))) {
    const asked = askedBy(context, from, file, entry);
    yield 'wrong' in asked ? asked : await withTorrent(context, from, asked);
  }
}

async function streamOf(context: Context, file: string): Promise<AsyncIterable<Uint8Array | string>> {
  if (file === '-') return context.stdin;
  const path = resolve(context.currentFolder(), file);
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new UsageError(`--input-file: there is no file ${path}`);
  if (facts.isDirectory()) throw new UsageError(`--input-file: ${path} is a folder; name a file`);
  const stream = createReadStream(path);
  await new Promise<void>((opened, refused) => {
    stream.once('open', () => opened());
    stream.once('error', (error: NodeJS.ErrnoException) =>
      refused(new UsageError(`--input-file: ${path} cannot be read (${error.code ?? error.message})`)),
    );
  });
  return stream;
}

/** Its own options go before the common ones; headers are added to them. */
function askedBy(
  context: Context,
  { directory, common, options: asked }: AskedFrom,
  file: string,
  entry: InputEntry,
): AskedLink {
  const where = `${file === '-' ? 'standard input' : file}, line ${entry.line}`;
  if ('wrong' in entry) return { wrong: `${where}: ${entry.wrong}` };
  const { directory: own, headers, ...options } = entry.own;
  return {
    link: entry.link,
    where,
    ...sourceOf(asked),
    directory: own === undefined ? directory : resolve(context.currentFolder(), directory, own),
    options: {
      ...common,
      ...options,
      ...(headers === undefined ? {} : { headers: [...(common.headers ?? []), ...headers] }),
      ...(entry.mirrors.length === 0 ? {} : { mirrors: entry.mirrors }),
    },
  };
}
