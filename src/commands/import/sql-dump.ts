import type { Line } from './line-splitter.ts';
import type { Unreadable } from './read-row.ts';
import { copyValues, createdColumns, type InsertRows, insertRows, tableName } from './sql-values.ts';

/** One row of one of the tables that are looked for; its values are texts. */
export interface DumpRow {
  readonly line: number;
  readonly table: string;
  readonly record: Readonly<Record<string, string | null>>;
}

/** A statement of several lines is held whole; one that is longer is damaged. */
const longestStatement = 16 << 20;

const copyBegins = /^COPY\s+(\S+?|"[^"]+")\s*(?:\(([^)]*)\))?\s+FROM\s+stdin\b/i;
const insertBegins = /^INSERT\s+INTO\s/i;
const createBegins = /^CREATE\s+(?:UNLOGGED\s+)?TABLE\s/i;

type Mode =
  | { readonly of: 'nothing' }
  | { readonly of: 'copy'; readonly table: string | undefined; readonly columns: readonly string[] }
  | { readonly of: 'insert' | 'create'; readonly line: number; text: string; quotes: number };

/**
 * Reads the rows of some tables out of a plain dump of PostgreSQL, written with COPY or with INSERT. Everything
 * else in it is passed over; a row that is broken costs no other. Fed with one line after the other.
 */
export class DumpReader {
  readonly #wanted: ReadonlySet<string>;
  /** Of tables whose INSERTs name no columns. */
  readonly #columns = new Map<string, readonly string[]>();
  #mode: Mode = { of: 'nothing' };
  #found: (DumpRow | Unreadable)[] = [];

  constructor(tables: readonly string[]) {
    this.#wanted = new Set(tables);
  }

  line({ number, text }: Line): (DumpRow | Unreadable)[] {
    if (text === undefined) this.#found.push({ line: number, wrong: 'the line is longer than 4 MiB' });
    else this.#look(number, text);
    return this.#taken();
  }

  end(): (DumpRow | Unreadable)[] {
    const mode = this.#mode;
    if (mode.of === 'insert') this.#found.push({ line: mode.line, wrong: 'the file ends in the middle of a row' });
    if (mode.of === 'copy' && mode.table !== undefined) {
      this.#found.push({ line: null, wrong: `the file ends in the middle of the table ${mode.table}` });
    }
    this.#mode = { of: 'nothing' };
    return this.#taken();
  }

  #look(line: number, text: string): void {
    const mode = this.#mode;
    if (mode.of === 'copy') this.#copied(mode, line, text);
    else if (mode.of === 'nothing') this.#begin(line, text);
    else this.#goOn(mode, line, text);
  }

  #begin(line: number, text: string): void {
    const copy = copyBegins.exec(text);
    if (copy) {
      const table = this.#wantedTable(copy[1] ?? '');
      const listed = copy[2] === undefined ? undefined : copy[2].split(',').map(tableName);
      const columns = listed ?? (table === undefined ? undefined : this.#columns.get(table)) ?? [];
      this.#mode = { of: 'copy', table, columns };
      return;
    }
    const of = insertBegins.test(text) ? 'insert' : createBegins.test(text) ? 'create' : undefined;
    if (of === undefined || this.#wantedTable(nameIn(text)) === undefined) return;
    const mode = { of, line, text: '', quotes: 0 } as const satisfies Mode;
    this.#goOn({ ...mode }, line, text);
  }

  #copied(mode: Extract<Mode, { of: 'copy' }>, line: number, text: string): void {
    if (text === '\\.') {
      this.#mode = { of: 'nothing' };
      return;
    }
    const over = copyBegins.test(text) || (mode.columns.length > 1 && (text === '' || text.startsWith('--')));
    if (over) {
      const { table } = mode;
      if (table !== undefined) this.#found.push({ line, wrong: `the rows of ${table} break off` });
      this.#mode = { of: 'nothing' };
      this.#begin(line, text);
      return;
    }
    if (mode.table !== undefined) this.#give(line, mode.table, mode.columns, copyValues(text));
  }

  /** A statement ends with a semicolon that stands in no text. */
  #goOn(mode: Extract<Mode, { of: 'insert' | 'create' }>, line: number, text: string): void {
    if (line > mode.line && (insertBegins.test(text) || copyBegins.test(text))) {
      this.#found.push({ line: mode.line, wrong: 'the row has no end' });
      this.#mode = { of: 'nothing' };
      this.#begin(line, text);
      return;
    }
    mode.quotes += text.split("'").length - 1;
    mode.text += mode.text === '' ? text : `\n${text}`;
    this.#mode = mode;
    const ended = mode.quotes % 2 === 0 && text.trimEnd().endsWith(';');
    if (!ended && mode.text.length <= longestStatement) return;
    this.#mode = { of: 'nothing' };
    if (mode.of === 'create') this.#columns.set(tableName(nameIn(mode.text)), createdColumns(mode.text));
    else this.#inserted(mode.line, insertRows(mode.text));
  }

  #inserted(line: number, rows: InsertRows | undefined): void {
    if (!rows) {
      this.#found.push({ line, wrong: 'the row is no INSERT that can be read' });
      return;
    }
    const columns = rows.columns ?? this.#columns.get(rows.table) ?? [];
    for (const values of rows.rows) this.#give(line, rows.table, columns, values);
  }

  #give(line: number, table: string, columns: readonly string[], values: readonly (string | null)[]): void {
    if (columns.length === 0) this.#found.push({ line, wrong: `the dump does not name the columns of ${table}` });
    else if (columns.length !== values.length) {
      const wrong = `the row of ${table} has ${values.length} values where ${columns.length} belong`;
      this.#found.push({ line, wrong });
    } else {
      const record = Object.fromEntries(columns.map((column, at) => [column, values[at] ?? null]));
      this.#found.push({ line, table, record });
    }
  }

  #wantedTable(written: string): string | undefined {
    const name = tableName(written);
    return this.#wanted.has(name) ? name : undefined;
  }

  #taken(): (DumpRow | Unreadable)[] {
    const all = this.#found;
    this.#found = [];
    return all;
  }
}

/** The name behind INSERT INTO or CREATE TABLE. */
function nameIn(statement: string): string {
  return (
    /^(?:INSERT\s+INTO|CREATE\s+(?:UNLOGGED\s+)?TABLE(?:\s+IF\s+NOT\s+EXISTS)?)\s+([^\s(]+)/i.exec(statement)?.[1] ?? ''
  );
}
