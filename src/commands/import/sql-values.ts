/** What one INSERT brings; without columns they are those of its table. */
export interface InsertRows {
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A name of SQL without its schema and quotes. */
export function tableName(written: string): string {
  const last = /(?:^|\.)("(?:[^"]|"")*"|[^."]*)$/.exec(written.trim())?.[1] ?? '';
  return last.startsWith('"') ? last.slice(1, -1).replaceAll('""', '"') : last.toLowerCase();
}

const copyEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * The values of one line of COPY in text form; `\N` is null.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
export function copyValues(line: string): (string | null)[] {
  return line.split('\t').map((field) => {
    if (field === '\\N') return null;
    if (!field.includes('\\')) return field;
    return field.replace(/\\(?:([0-7]{1,3})|x([0-9a-f]{1,2})|(.))/gis, (_, octal, hex, letter) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return copyEscapes[letter] ?? letter;
    });
  });
}

/** The names of the columns that a CREATE TABLE makes. */
export function createdColumns(statement: string): string[] {
  const body = statement.slice(statement.indexOf('(') + 1, statement.lastIndexOf(')'));
  return topLevelParts(body).flatMap((part) => {
    const name = /^\s*("(?:[^"]|"")*"|\w+)\s+\S/.exec(part)?.[1];
    if (name === undefined || /^(?:constraint|primary|unique|check|foreign|exclude|like)$/i.test(name)) return [];
    return [tableName(name)];
  });
}

/** The rows of an INSERT … VALUES; undefined for anything else. */
export function insertRows(statement: string): InsertRows | undefined {
  const head =
    /^INSERT\s+INTO\s+((?:"(?:[^"]|"")*"|[\w.])+)\s*(?:\(([^)]*)\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*/i.exec(
      statement,
    );
  if (!head) return undefined;
  const rows: (string | null)[][] = [];
  let at = head[0].length;
  for (;;) {
    const tuple = tupleAt(statement, at);
    if (!tuple) return undefined;
    rows.push(tuple.values);
    const next = /^\s*([,;]|ON\s+CONFLICT\b|$)\s*/i.exec(statement.slice(tuple.end, tuple.end + 64));
    if (!next) return undefined;
    at = tuple.end + next[0].length;
    if (next[1] !== ',') break;
  }
  const columns = head[2] === undefined ? undefined : head[2].split(',').map(tableName);
  return { table: tableName(head[1] ?? ''), columns, rows };
}

/** A value: a text, or whatever else stands up to the next comma. Sticky. */
const escapedText = /\s*E'([^'\\]*(?:(?:''|\\[\s\S])[^'\\]*)*)'(?:::[\w ."[\]]+)?\s*/iy;
const plainText = /\s*'([^']*(?:''[^']*)*)'(?:::[\w ."[\]]+)?\s*/y;
const otherValue = /\s*([^\s,()'][^,()']*)/y;

function tupleAt(statement: string, from: number): { values: (string | null)[]; end: number } | undefined {
  if (statement[from] !== '(') return undefined;
  const values: (string | null)[] = [];
  let at = from + 1;
  for (;;) {
    const value = valueAt(statement, at);
    if (!value) return undefined;
    values.push(value.value);
    const mark = statement[value.end];
    if (mark === ')') return { values, end: value.end + 1 };
    if (mark !== ',') return undefined;
    at = value.end + 1;
  }
}

function valueAt(statement: string, at: number): { value: string | null; end: number } | undefined {
  plainText.lastIndex = at;
  const plain = plainText.exec(statement);
  if (plain) return { value: (plain[1] ?? '').replaceAll("''", "'"), end: plainText.lastIndex };
  escapedText.lastIndex = at;
  const escaped = escapedText.exec(statement);
  if (escaped) return { value: unescaped(escaped[1] ?? ''), end: escapedText.lastIndex };
  otherValue.lastIndex = at;
  const other = otherValue.exec(statement)?.[1]?.trim();
  if (other === undefined) return undefined;
  return { value: /^null$/i.test(other) ? null : other, end: otherValue.lastIndex };
}

/** The text of an `E'…'`. */
function unescaped(text: string): string {
  return copyValues(text.replaceAll("''", "'").replaceAll('\t', '\\t'))[0] ?? '';
}

/** Split at the commas that stand in no brackets. */
function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
