import { Failure } from '../../downloads/failure.ts';
import { isUnfinished } from '../../downloads/states.ts';
import { type ImportedDownload, type ImportOutcome, StoreFailure } from '../../store/store.ts';
import { anyEngine, type CommandParts } from '../parts.ts';
import { decoded } from './decode.ts';
import { type Format, formatOf, headLength, type NoFormat } from './formats.ts';
import { type Places, type Prepared, prepareRow } from './prepare.ts';
import { qbittorrentRows } from './qbittorrent-list.ts';
import type { Found, ImportedStatus, ReadRow, Unreadable } from './read-row.ts';
import { stalkeerRows } from './stalkeer-database.ts';

export interface ImportRequest extends Omit<Places, 'folders'> {
  /** The bytes of a file, the address of a PostgreSQL database, or the qBittorrent of the configuration. */
  readonly from: AsyncIterable<Uint8Array | string> | URL | 'qbittorrent';
  /** Only tells what would come. */
  readonly dryRun: boolean;
}

/** What came of an import. Counts are of downloads. */
export interface ImportReport {
  /** What the file was recognised as. */
  readonly what: string;
  readonly dryRun: boolean;
  readonly added: Readonly<Record<ImportedStatus, number>>;
  /** Imported before. */
  readonly known: number;
  /** Unfinished here already, by the same link. */
  readonly followed: number;
  /** What was delivered: whether its files are where they were. */
  readonly files: { readonly stands: number; readonly differs: number; readonly gone: number };
  /** Unfinished ones that are paused since this version has no source for their kind of link. */
  readonly notYet: Readonly<Record<string, number>>;
  /** Rows that are no downloads, by what they are. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** What could not be saved; the first thousand. */
  readonly problems: readonly Unreadable[];
  readonly problemCount: number;
  /** An engine is there that downloads what is pending. */
  readonly willRun: boolean;
}

/** One transaction; more would hold up other processes. */
const mostAtOnce = 1000;
const mostProblems = 1000;

/**
 * Takes in what stands in a file, in portions, and tells what of it could not be read. It downloads nothing; what
 * was unfinished and not paused is pending from then on. Done twice it adds nothing, and after a failure in the
 * middle the rest. Throws `StoreFailure`.
 */
export async function importDownloads(parts: CommandParts, request: ImportRequest): Promise<ImportReport | NoFormat> {
  const tally = new Tally();
  const places: Places = { ...request, folders: new Map() };
  const { from } = request;
  const source = from === 'qbittorrent' ? await inQbittorrent(parts) : await readable(from, tally);
  if ('refused' in source) return source;
  try {
    await takeAllIn(parts, { ...request, ...places }, source.found, tally);
  } finally {
    await source.close();
  }
  return tally.report(source.what, request.dryRun, (await anyEngine(parts)) !== undefined);
}

/** Where rows come from. */
interface Source {
  readonly what: string;
  readonly found: AsyncIterable<Found>;
  close(): Promise<void>;
}

function readable(from: Exclude<ImportRequest['from'], string>, tally: Tally): Promise<Source | NoFormat> {
  return from instanceof URL ? inDatabase(from) : inFile(from, tally);
}

async function inQbittorrent({ torrentsElsewhere }: CommandParts): Promise<Source> {
  const rows = qbittorrentRows(await torrentsElsewhere());
  return {
    what: 'the qBittorrent of the configuration',
    found: (async function* () {
      yield* rows;
    })(),
    close: async () => {},
  };
}

async function inDatabase(link: URL): Promise<Source> {
  const { openForeignDatabase } = await import('./foreign-database.ts');
  const database = await openForeignDatabase(link.href);
  return { what: 'a database of Stalkeer', found: stalkeerRows(database), close: database.close };
}

async function inFile(bytes: AsyncIterable<Uint8Array | string>, tally: Tally): Promise<Source | NoFormat> {
  const text = decoded(bytes, (error) => tally.lose({ line: null, wrong: brokenOff(error) }));
  const { head, rest } = await headOf(text);
  const format = formatOf(head);
  return 'refused' in format ? format : { what: format.what, found: foundIn(format, rest), close: async () => {} };
}

async function takeAllIn(
  parts: CommandParts,
  request: ImportRequest & Places,
  all: AsyncIterable<Found>,
  tally: Tally,
): Promise<void> {
  let batch: ReadRow[] = [];
  for await (const found of untilItBreaks(all, tally)) {
    if ('wrong' in found) tally.lose(found);
    else if ('leftOut' in found) tally.leaveOut(found.leftOut, found.count ?? 1);
    else batch.push(found);
    if (batch.length < mostAtOnce) continue;
    await takeIn(parts, request, batch, tally);
    batch = [];
  }
  await takeIn(parts, request, batch, tally);
}

/** What came before a database was lost is saved; where nothing came, there is nothing but the failure. */
async function* untilItBreaks(all: AsyncIterable<Found>, tally: Tally): AsyncGenerator<Found> {
  let some = false;
  try {
    for await (const found of all) {
      some = true;
      yield found;
    }
  } catch (error) {
    if (!some || !(error instanceof Failure)) throw error;
    tally.lose({ line: null, wrong: error.message });
  }
}

/** Enough of a text to know what it is, and the whole text again. */
async function headOf(text: AsyncGenerator<string>): Promise<{ head: string; rest: AsyncGenerator<string> }> {
  let head = '';
  while (head.length < headLength) {
    const next = await text.next();
    if (next.done) break;
    head += next.value;
  }
  return {
    head: head.slice(0, headLength),
    rest: (async function* () {
      yield head;
      yield* text;
    })(),
  };
}

async function* foundIn(format: Format, text: AsyncGenerator<string>): AsyncGenerator<Found> {
  const reader = format.reader();
  for await (const piece of text) yield* reader.push(piece);
  yield* reader.end();
}

async function takeIn(
  parts: CommandParts,
  request: ImportRequest & Places,
  rows: readonly ReadRow[],
  tally: Tally,
): Promise<void> {
  const now = parts.clock.now();
  const looked = await Promise.all(rows.map((row) => prepareRow(parts, row, request, now)));
  const good: Prepared[] = [];
  for (const [at, prepared] of looked.entries()) {
    if (prepared) good.push(prepared);
    else tally.lose({ line: rows[at]?.line ?? null, wrong: `the entry "${rows[at]?.key}" has no link that is whole` });
  }
  const outcomes = await outcomesOf(parts, request, good, tally, now);
  for (const [at, one] of good.entries()) tally.count(one, outcomes[at] ?? 'known');
}

async function outcomesOf(
  { store }: CommandParts,
  { dryRun }: ImportRequest,
  good: readonly Prepared[],
  tally: Tally,
  now: number,
): Promise<readonly ImportOutcome[]> {
  if (good.length === 0) return [];
  const downloads = good.map(({ download }) => download);
  if (dryRun) {
    const alone = await store.previewImport(downloads);
    return downloads.map((download, at) => tally.seenBefore(download) ?? alone[at] ?? 'known');
  }
  try {
    return await store.importMany(downloads, now);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    const { full } = error;
    throw new StoreFailure(`${error.message}; ${tally.soFar()}`, { cause: error, full });
  }
}

function brokenOff(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return `it cannot be read to its end (${code ?? error.message})`;
}

/** Counts what comes of an import. */
class Tally {
  readonly #added: Record<ImportedStatus, number> = {
    pending: 0,
    paused: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    cleaned: 0,
  };
  readonly #outcomes = { added: 0, known: 0, followed: 0 };
  readonly #files = { stands: 0, differs: 0, gone: 0 };
  readonly #notYet = new Map<string, number>();
  readonly #leftOut = new Map<string, number>();
  readonly #problems: Unreadable[] = [];
  #problemCount = 0;
  /** Of a dry run, where the store does not know what would have come before. */
  readonly #uids = new Set<string>();
  readonly #links = new Set<string>();

  lose(problem: Unreadable): void {
    this.#problemCount += 1;
    if (this.#problems.length < mostProblems) this.#problems.push(problem);
  }

  leaveOut(what: string, count: number): void {
    add(this.#leftOut, what, count);
  }

  count({ download, file, notYet }: Prepared, outcome: ImportOutcome): void {
    this.#outcomes[outcome] += 1;
    if (outcome !== 'added') return;
    this.#added[download.status] += 1;
    if (file !== null) this.#files[file] += 1;
    if (notYet !== null) add(this.#notYet, notYet);
  }

  seenBefore({ uid, linkKey, status }: ImportedDownload): ImportOutcome | undefined {
    if (this.#uids.has(uid)) return 'known';
    this.#uids.add(uid);
    if (!isUnfinished(status)) return undefined;
    if (this.#links.has(linkKey)) return 'followed';
    this.#links.add(linkKey);
    return undefined;
  }

  soFar(): string {
    const { added } = this.#outcomes;
    return added === 0
      ? 'nothing was imported'
      : `${added} downloads were imported before that, and importing again adds the rest`;
  }

  report(what: string, dryRun: boolean, willRun: boolean): ImportReport {
    const { known, followed } = this.#outcomes;
    return {
      what,
      dryRun,
      added: this.#added,
      known,
      followed,
      files: this.#files,
      notYet: Object.fromEntries(this.#notYet),
      leftOut: Object.fromEntries(this.#leftOut),
      problems: this.#problems,
      problemCount: this.#problemCount,
      willRun,
    };
  }
}

function add(counts: Map<string, number>, name: string, count = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
