import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join, resolve, win32 } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../../downloads/failure.ts';
import { isUnfinished } from '../../downloads/states.ts';
import { maskLinks } from '../../log/redaction.ts';
import { megaKey } from '../../sources/mega/link.ts';
import { magnetKey } from '../../sources/torrent/magnet.ts';
import type { ImportedDownload } from '../../store/store.ts';
import type { CommandParts } from '../parts.ts';
import type { ReadRow } from './read-row.ts';

/** Where what is not told lies. Absolute paths. */
export interface Places {
  /** Where unfinished downloads go that name no folder. */
  readonly directory: string;
  /** The folder of the file that is imported: relative paths begin there, or near there. */
  readonly folder: string;
  /** Filled on the way: whether there is such a folder. */
  readonly folders: Map<string, Promise<boolean>>;
}

export interface Prepared {
  readonly download: ImportedDownload;
  /** Of what was delivered: whether its file is there; null: nothing is to be there. */
  readonly file: 'stands' | 'differs' | 'gone' | null;
  /** The kind of link that this version cannot download yet, where it is unfinished. */
  readonly notYet: string | null;
}

/** Holds a row against disk and sources; undefined: it has no link, and nothing else to know it by. */
export async function prepareRow(
  parts: Pick<CommandParts, 'sourceFor' | 'disk'>,
  given: ReadRow,
  places: Places,
  now: number,
): Promise<Prepared | undefined> {
  const row = { ...given, path: soundPath(given.path), directory: soundPath(given.directory) };
  const delivered = row.status === 'completed' || row.status === 'cleaned';
  const place = delivered && row.path !== null ? await deliveredAt(parts, row, row.path, places) : undefined;
  const kind = await kindOf(parts, row, place?.path);
  if (!kind) return undefined;
  const status = kind.fetchable || !isUnfinished(row.status) ? row.status : 'paused';
  const file = row.status === 'completed' && place ? place.file : null;
  const fastresume = row.origin === 'downloads.json' ? await fastresumeOf(parts, row.key, places) : undefined;
  const created = row.createdAt ?? row.startedAt ?? row.completedAt ?? row.updatedAt ?? now;
  return {
    file,
    notYet: kind.fetchable || !isUnfinished(row.status) ? null : kind.source,
    download: {
      uid: row.own?.uid ?? uidOf(row),
      source: kind.source,
      link: kind.link,
      linkKey: kind.key,
      name: row.name ?? (row.path === null ? null : nameOf(row.path)),
      status,
      category: row.own?.category ?? null,
      requestedBy: row.own?.requestedBy ?? null,
      integrity: row.own?.integrity ?? null,
      metadata: row.own
        ? plain(row.metadata, (text) => text)
        : {
            imported: {
              from: row.origin,
              id: row.key,
              ...plain(row.metadata, maskLinks),
              ...(fastresume ? { fastresume } : {}),
            },
          },
      directory: directoryOf(row, place?.path, places),
      options: row.options,
      totalBytes: row.size,
      fileSize: delivered ? (row.size ?? place?.size ?? null) : null,
      downloadPath: place?.path ?? null,
      retryCount: row.retryCount,
      lastRetryAt: row.lastRetryAt,
      error: errorOf(row, kind.fetchable),
      startedAt: row.startedAt,
      completedAt: delivered ? (row.completedAt ?? row.updatedAt ?? created) : row.completedAt,
      createdAt: created,
      updatedAt: row.updatedAt ?? row.completedAt ?? created,
      detail: {
        from: row.origin,
        id: row.key,
        ...(row.line === null ? {} : { line: row.line }),
        ...(file === null ? {} : { file }),
      },
    },
  };
}

/** The same for the same download wherever and whenever it is imported, in the form that uids have (UUIDv7). */
function uidOf({ origin, key }: ReadRow): string {
  const hex = createHash('sha256').update(`${origin}\0${key}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

interface Kind {
  readonly source: string;
  readonly link: string;
  readonly key: string;
  /** This version has a source for it. */
  readonly fetchable: boolean;
}

async function kindOf(
  parts: Pick<CommandParts, 'sourceFor'>,
  row: ReadRow,
  path: string | undefined,
): Promise<Kind | undefined> {
  const link = soundLink(row.link);
  if (link === null) {
    if (path === undefined) return undefined;
    const { href } = pathToFileURL(path);
    return { source: 'local', link: href, key: href, fetchable: false };
  }
  const named = knownKind(link);
  try {
    const source = await parts.sourceFor(link);
    const key = source.keyOf(link);
    if (!named || key === named.key) return { source: source.name, link, key, fetchable: true };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  const key = named?.key ?? `unknown:${createHash('sha256').update(link).digest('hex')}`;
  return { source: named?.source ?? 'unknown', link, key, fetchable: false };
}

/** Kinds of links that are known before there is a source for them. */
function knownKind(link: string): { readonly source: string; readonly key: string } | undefined {
  const mega = megaKey(link);
  if (mega !== undefined) return { source: 'mega', key: mega };
  const magnet = magnetKey(link);
  if (magnet !== undefined) return { source: 'torrent', key: magnet };
  return /^[^?#]*\.torrent$/i.test(link) && !/^[a-z][a-z0-9+.-]+:\/\//i.test(link)
    ? { source: 'torrent', key: `torrent-file:${link}` }
    : undefined;
}

/** A link with characters that no link has is damaged, and would lead elsewhere. */
function soundLink(link: string | null): string | null {
  const trimmed = link?.trim() ?? '';
  return trimmed === '' || /[\p{Cc}\ufffd]/u.test(trimmed) ? null : trimmed;
}

interface Delivered {
  readonly path: string;
  readonly size: number | null;
  readonly file: 'stands' | 'differs' | 'gone';
}

/** Where a delivered file is: relative paths were written below a folder that nobody told. */
async function deliveredAt(
  { disk }: Pick<CommandParts, 'disk'>,
  { status, size }: ReadRow,
  path: string,
  { folder, folders }: Places,
): Promise<Delivered> {
  const whole = isAbsolute(path) || win32.isAbsolute(path);
  const candidates = whole
    ? [path]
    : [join(folder, nameOf(path)), resolve(folder, path), resolve(dirname(folder), path)];
  for (const candidate of status === 'completed' ? candidates.filter((one) => isAbsolute(one)) : []) {
    if (!(await isFolder(disk, dirname(candidate), folders))) continue;
    const facts = await disk.facts(candidate).catch(() => undefined);
    if (!facts) continue;
    const same = facts.isDirectory || size === null || size === facts.size;
    return { path: candidate, size: facts.isFile ? facts.size : null, file: same ? 'stands' : 'differs' };
  }
  return { path: candidates[0] ?? path, size: null, file: 'gone' };
}

const mostFolders = 10_000;

/** Asked once for each folder: of a thousand files in one that is gone, none has to be looked for. */
async function isFolder(disk: CommandParts['disk'], path: string, known: Places['folders']): Promise<boolean> {
  const before = known.get(path);
  if (before !== undefined) return before;
  // A link to a folder is no folder here, but leads to one.
  const is = disk.facts(path).then(
    (facts) => facts !== undefined && !facts.isFile,
    () => false,
  );
  if (known.size < mostFolders) known.set(path, is);
  return is;
}

/** What libtorrent left of a torrent stands in `torrents/`, near the file of its downloads. */
async function fastresumeOf(
  { disk }: Pick<CommandParts, 'disk'>,
  key: string,
  { folder }: Places,
): Promise<string | undefined> {
  if (!/^[\w-]{1,128}$/.test(key)) return undefined;
  for (const near of [folder, dirname(folder), join(dirname(folder), 'downloads')]) {
    const path = join(near, 'torrents', `${key}.fastresume`);
    if ((await disk.facts(path).catch(() => undefined))?.isFile) return path;
  }
  return undefined;
}

function directoryOf({ directory, path }: ReadRow, standsAt: string | undefined, places: Places): string {
  if (directory !== null && isAbsolute(directory)) return directory;
  if (standsAt !== undefined && isAbsolute(standsAt)) return dirname(standsAt);
  if (path !== null && isAbsolute(path)) return dirname(path);
  return directory === null ? places.directory : resolve(places.folder, directory);
}

function nameOf(path: string): string {
  return path.includes('\\') ? win32.basename(path) : basename(path);
}

/** No path of any system holds a NUL. */
function soundPath(path: string | null): string | null {
  return path === null || path.includes('\0') ? null : path;
}

/**
 * Of what kind an error of another program was, nobody can tell; most are of the network, and worth another try where
 * there is a source for the link.
 */
function errorOf({ status, error, own }: ReadRow, fetchable: boolean): ImportedDownload['error'] {
  const kind = own?.errorClass ?? (fetchable ? 'network' : 'link');
  if (error !== null) return { class: kind, message: maskLinks(error) };
  return status === 'failed' ? { class: kind, message: 'it had failed before it was imported' } : null;
}

const mostDepth = 16;

type Facts = Readonly<Record<string, unknown>>;

/** Foreign facts of a depth that everybody can handle, their texts as `text` makes them. */
function plain(facts: Facts, text: (given: string) => string): Facts {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, plainValue(value, text, 1)]));
}

function plainValue(value: unknown, text: (given: string) => string, depth: number): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= mostDepth) return null;
  if (Array.isArray(value)) return value.map((one: unknown) => plainValue(one, text, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainValue(one, text, depth + 1)]));
}
