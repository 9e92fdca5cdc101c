/** A record of a JSON file, by the key it stands under (null in a list), or a place where none can be read. */
export type JsonRecord =
  | { readonly line: number; readonly key: string | null; readonly value: unknown }
  | { readonly line: number; readonly key: string | null; readonly wrong: string };

/** A record is a handful of facts; something longer is damage, and is not held in memory. */
const longestRecord = 4 << 20;
const longestKey = 4096;
/** Each reads up to a whole record again. */
const mostRescues = 50;

const [newline, quote, backslash, comma, colon] = [10, 34, 92, 44, 58];
const [openList, closeList, openObject, closeObject] = [91, 93, 123, 125];

/**
 * Takes a JSON text in pieces and gives its records, also of a text that is damaged: the objects in the
 * outermost object or list, or (`within`) in the one that stands there under that key. Written by hand since
 * no library tells what of a damaged file is whole, and in which line it is not: a record that is broken costs
 * no other. Where a bracket or a quote is lost, the next line that begins as the records of this file begin
 * (as far to the right) is taken for a record again. Does nothing but keep its own state.
 */
export class RecordReader {
  readonly #within: string | null;
  readonly #recordDepth: number;
  #found: JsonRecord[] = [];
  #line = 1;
  #column = 0;
  /** Nothing but blanks stood on this line. */
  #blank = true;
  #depth = 0;
  /** In the object or list that holds the records. */
  #inside: boolean;
  #string: { escaped: boolean; text: string } | undefined;
  /** The last text that may be a key. */
  #key: string | null = null;
  /** Where a value is due for the key. */
  #due: number | undefined;
  #record: { readonly line: number; readonly key: string | null; text: string } | undefined;
  /** Brackets do not count any more: one was lost in a file without lines. */
  #lax = false;
  /** How far to the right the records of this file begin; 0: not known. */
  #margin = 0;

  constructor(within: string | null) {
    this.#within = within;
    this.#recordDepth = within === null ? 1 : 2;
    this.#inside = within === null;
  }

  push(text: string): JsonRecord[] {
    this.#scan(text);
    if (this.#record && this.#record.text.length > longestRecord) this.#rescue('it is longer than 4 MiB');
    return this.#taken();
  }

  #scan(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#blank && code > 32) this.#beginLine(code);
      const before = this.#record;
      if (this.#string) this.#inString(this.#string, code, text, at);
      else this.#outside(code);
      if (!before && this.#record) from = at;
      if (this.#record && this.#depth === this.#recordDepth) {
        this.#keep(text.slice(from, at + 1));
        this.#finish();
      }
      if (code === newline) {
        this.#line += 1;
        this.#column = 0;
        this.#blank = true;
      } else this.#column += 1;
    }
    this.#keep(text.slice(from));
  }

  /** What was still open at the end of the file. */
  end(): JsonRecord[] {
    if (this.#record) this.#rescue('the file ends in the middle of it');
    else if (this.#depth > 0) this.#found.push({ line: this.#line, key: null, wrong: 'the file ends in the middle' });
    return this.#taken();
  }

  #beginLine(code: number): void {
    this.#blank = false;
    if (code !== quote && code !== openObject) return;
    const asRecords = this.#margin > 0 && this.#column === this.#margin;
    if (asRecords && (this.#record || this.#depth < this.#recordDepth)) {
      this.#lose('a bracket or a quote is missing in it');
      this.#depth = this.#recordDepth;
      this.#inside = true;
      this.#string = undefined;
    }
    if (this.#margin > 0 || this.#record || this.#string) return;
    if (this.#depth === this.#recordDepth && this.#inside) this.#margin = this.#column;
  }

  #inString(string: { escaped: boolean; text: string }, code: number, text: string, at: number): void {
    if (code === quote && !string.escaped) {
      if (!this.#record) this.#key = keyOf(string.text);
      this.#string = undefined;
      return;
    }
    // A text of JSON has no line breaks: its closing quote is lost.
    if (code === newline) this.#string = undefined;
    string.escaped = code === backslash && !string.escaped;
    if (!this.#record && string.text.length < longestKey) string.text += text.charAt(at);
  }

  #outside(code: number): void {
    if (code === quote) this.#string = { escaped: false, text: '' };
    else if (code === openObject || code === openList) this.#open(code);
    else if (code === closeObject || code === closeList) this.#close();
    else if (this.#record || this.#depth !== this.#recordDepth || !this.#inside) return;
    else if (code === colon && this.#key !== null) this.#due = this.#line;
    else if (code === comma) this.#missed();
  }

  #open(code: number): void {
    if (this.#lax && !this.#record) {
      this.#depth = Math.max(this.#depth, this.#recordDepth);
      this.#inside = true;
    }
    if (this.#depth === 1 && this.#within !== null) this.#inside = this.#key === this.#within;
    if (!this.#record && this.#depth === this.#recordDepth && this.#inside && code === openObject) {
      this.#record = { line: this.#line, key: this.#key, text: '' };
      this.#due = undefined;
      this.#key = null;
    }
    this.#depth += 1;
  }

  #close(): void {
    if (!this.#record && this.#depth === this.#recordDepth && this.#inside) this.#missed();
    this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth <= 1 && this.#within !== null) this.#inside = false;
  }

  /** A key whose value was no object. */
  #missed(): void {
    if (this.#due !== undefined) {
      this.#found.push({ line: this.#due, key: this.#key, wrong: 'it is no entry but a single value' });
    }
    this.#due = undefined;
    this.#key = null;
  }

  #keep(text: string): void {
    if (this.#record) this.#record.text += text;
  }

  /**
   * Gives a record up that has no end. Whatever came after the lost bracket or quote was taken for a part of it: what
   * looks like the next record is read again.
   */
  #rescue(wrong: string): void {
    for (let tries = 0; this.#record && tries < mostRescues; tries += 1) {
      const { text, line } = this.#record;
      const next = text.search(/\}\s*,\s*"[^"{}]{1,200}"\s*:\s*\{/);
      this.#lose(next < 0 ? wrong : 'a bracket or a quote is missing in it');
      this.#string = undefined;
      this.#lax = true;
      this.#depth = this.#recordDepth;
      this.#inside = true;
      if (next < 0) return;
      const before = text.slice(0, next + 1);
      this.#line = line + before.split('\n').length - 1;
      this.#scan(text.slice(next + 1));
    }
    if (this.#record) this.#lose('too much is damaged before it');
  }

  #finish(): void {
    const record = this.#record;
    if (!record) return;
    const tooLong = record.text.length > longestRecord;
    const value = tooLong ? undefined : parsed(record.text);
    if (value === undefined) this.#lose(tooLong ? 'it is longer than 4 MiB' : 'it is no valid JSON');
    else this.#found.push({ line: record.line, key: record.key, value });
    this.#record = undefined;
  }

  #lose(wrong: string): void {
    if (this.#record) this.#found.push({ line: this.#record.line, key: this.#record.key, wrong });
    this.#record = undefined;
  }

  #taken(): JsonRecord[] {
    const all = this.#found;
    this.#found = [];
    return all;
  }
}

/** A key as it is meant. */
function keyOf(written: string): string {
  const meant = written.includes('\\') ? parsed(`"${written}"`) : undefined;
  return typeof meant === 'string' ? meant : written;
}

/** Undefined for what is no JSON; `undefined` is no JSON value. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
