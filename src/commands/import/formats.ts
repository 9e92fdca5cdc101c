import { SessionReader } from './aria2-session.ts';
import { torrentEntry, trackerEntry } from './bot-files.ts';
import { type JsonRecord, RecordReader } from './json-records.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import { exportEntry } from './own-export.ts';
import type { Found } from './read-row.ts';
import { DumpReader, type DumpRow } from './sql-dump.ts';
import { StalkeerJoin, stalkeerTables } from './stalkeer.ts';

/** What a file was recognised as. */
export interface Format {
  /** In words for a person, to follow "it is". */
  readonly what: string;
  /** A fresh reader; it takes the text in pieces and gives what stands in it, in order. */
  reader(): Reader;
}

export interface Reader {
  push(text: string): readonly Found[];
  end(): readonly Found[];
}

/** The end of a sentence that begins with the file: why it cannot be imported, and what to do. */
export interface NoFormat {
  readonly refused: string;
}

/** So much of a file is looked at to know what it is, in characters. */
export const headLength = 65_536;

/** What a file is, by its first characters and never by its name. Pure. */
export function formatOf(head: string): Format | NoFormat {
  const foreign = foreignForms.find(({ looks }) => looks.test(head));
  if (foreign) return { refused: foreign.sentence };
  if (head.replaceAll('\0', '').trim() === '') return { refused: 'is empty; there is nothing to import' };
  const format = formats.find(({ looks }) => looks.test(head));
  if (format) return format.of(head);
  return {
    refused: `is nothing that can be imported; known are ${known}`,
  };
}

const known =
  'an export of Longhaul, download_tracker.json, downloads.json, a plain SQL dump of Stalkeer, and a session of aria2';

/** Files that have something to do with it, and the way by which they can be read. */
const foreignForms: readonly { readonly looks: RegExp; readonly sentence: string }[] = [
  {
    looks: /"format"\s*:\s*"longhaul-export"\s*,\s*"version"\s*:\s*(?!1\D)/,
    sentence: 'was exported by a newer Longhaul; update this one, then import it again',
  },
  { looks: /^PGDMP/, sentence: 'is a dump in a form of its own; make it plain with: pg_restore --file=dump.sql FILE' },
  { looks: /^\p{Cc}\ufffd\p{Cc}/u, sentence: 'is compressed; unpack it first with: gunzip --keep FILE' },
  { looks: /^SQLite format 3\0/, sentence: 'is a database of SQLite; only its exports can be imported' },
];

const formats: readonly { readonly looks: RegExp; of(head: string): Format }[] = [
  {
    looks: /"format"\s*:\s*"longhaul-export"/,
    of: () => ({
      what: 'an export of Longhaul',
      reader: () => jsonReader('downloads', exportEntry, ''),
    }),
  },
  {
    looks: /"download_id"\s*:|^[\s\0]*\{\s*"(?:downloads|metadata)"\s*:\s*\{/,
    of: (head) => ({
      what: 'a download_tracker.json of a MEGA downloader',
      reader: () =>
        jsonReader('downloads', trackerEntry, beginningOf(head, /^[\s\0]*\{\s*"/, '{"downloads":{"(cut)":{')),
    }),
  },
  {
    looks: /"task_id"\s*:|^[\s\0]*\{\s*\}?\s*$/,
    of: (head) => ({
      what: 'a downloads.json of torrents',
      reader: () => jsonReader(null, torrentEntry, beginningOf(head, /^[\s\0]*\{\s*("|\}|$)/, '{"(cut)":{')),
    }),
  },
  {
    looks:
      /^-- PostgreSQL database dump|^(?:COPY|INSERT INTO|CREATE TABLE)\s[^\n]{0,80}\b(?:download_info|processed_lines)\b/im,
    of: () => ({ what: 'a dump of a Stalkeer database', reader: stalkeerReader }),
  },
  {
    looks: /^[ \t]+gid=[0-9a-f]{16}\s*$|^(?:#[^\n]*\n|\s*\n)*(?:[a-z][a-z0-9+.-]+:\S|\/)[^\n]*\n[ \t]+[\w-]+=/im,
    of: () => ({ what: 'a session of aria2', reader: sessionReader }),
  },
];

/** What stands in for a beginning that is lost, up to the middle of a text where the first quote closes one. */
function beginningOf(head: string, whole: RegExp, lost: string): string {
  if (whole.test(head)) return '';
  return /^[^"]*"\s*[,:}\]]/.test(head) ? `${lost}"` : lost;
}

/** `before`: the stand-in for a lost beginning, so that the first record is the only one lost with it. */
function jsonReader(within: string | null, read: (record: JsonRecord) => Found, before: string): Reader {
  const records = new RecordReader(within);
  const early = records.push(before);
  return {
    push: (text) => [...early.splice(0), ...records.push(text)].map(read),
    end: () => records.end().map(read),
  };
}

function sessionReader(): Reader {
  const session = new SessionReader();
  return lineReader(
    (line) => session.line(line),
    () => session.end(),
  );
}

function stalkeerReader(): Reader {
  const dump = new DumpReader(stalkeerTables);
  const join = new StalkeerJoin();
  let seen = false;
  const joined = (row: DumpRow) => (row.table === 'download_info' ? join.info(row) : join.line(row));
  const found = (rows: ReturnType<DumpReader['line']>) =>
    rows.flatMap((row): Found[] => {
      seen ||= 'table' in row;
      return 'table' in row ? joined(row) : [row];
    });
  const nothing = { line: null, wrong: `the dump has no row of ${stalkeerTables.join(' or ')}` };
  return lineReader(
    (line) => found(dump.line(line)),
    () => [...found(dump.end()), ...join.end(), ...(seen ? [] : [nothing])],
  );
}

function lineReader(read: (line: Line) => readonly Found[], end: () => readonly Found[]): Reader {
  const lines = new LineSplitter();
  return {
    push: (text) => lines.push(text).flatMap(read),
    end: () => [...lines.end().flatMap(read), ...end()],
  };
}
