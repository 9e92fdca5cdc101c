/**
 * A list of very many small objects as columns. As objects 100,000 of them hold up for a quarter of a second the thread
 * that tells them, and the one that hears of them again.
 */
export interface Columns {
  readonly count: number;
  /** Numbers, or anything else as JSON. */
  readonly columns: readonly (readonly [key: string, values: Float64Array | string])[];
}

/** Shorter lists go as they are. */
const long = 1000;
const inOnePart = 5000;

/** As columns, where it is long and all its objects, which hold nothing but plain data, have the same keys. */
export function packed<T extends object>(rows: readonly T[]): readonly T[] | Columns {
  const [first] = rows;
  if (!first || rows.length < long) return rows;
  const keys = Object.keys(first) as (keyof T & string)[];
  const isOfOneShape = rows.every(
    (row) => Object.keys(row).length === keys.length && keys.every((key) => row[key] !== undefined),
  );
  if (!isOfOneShape) return rows;
  return { count: rows.length, columns: keys.map((key) => [key, columnOf(rows, key)]) };
}

/** The list that was packed. */
export function unpacked<T extends object>(list: readonly T[] | Columns): readonly T[] {
  return isPacked(list) ? rowsOf<T>(list.count, readersOf(list)) : list;
}

/** The same, with turns of the loop in between. */
export async function unpackedInParts<T extends object>(list: Columns): Promise<readonly T[]> {
  const readers = readersOf(list);
  const rows: T[] = [];
  for (let from = 0; from < list.count; from += inOnePart) {
    await new Promise(setImmediate);
    for (const row of rowsOf<T>(Math.min(inOnePart, list.count - from), readers, from)) rows.push(row);
  }
  return rows;
}

export function isPacked(list: unknown): list is Columns {
  return typeof list === 'object' && list !== null && 'columns' in list;
}

function columnOf<T extends object>(rows: readonly T[], key: keyof T & string): Float64Array | string {
  const values: readonly unknown[] = rows.map((row) => row[key]);
  const isOfNumbers = (list: readonly unknown[]): list is readonly number[] =>
    list.every((value) => typeof value === 'number');
  return isOfNumbers(values) ? Float64Array.from(values) : JSON.stringify(values);
}

type Readers = readonly (readonly [key: string, values: ArrayLike<unknown>])[];

function readersOf({ columns }: Columns): Readers {
  return columns.map(([key, column]) => [key, typeof column === 'string' ? (JSON.parse(column) as unknown[]) : column]);
}

function rowsOf<T extends object>(count: number, readers: Readers, from = 0): T[] {
  return Array.from({ length: count }, (_, n) => {
    const row: Record<string, unknown> = {};
    for (const [key, values] of readers) row[key] = values[from + n];
    return row as T;
  });
}
