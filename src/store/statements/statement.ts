/** What a parameter may be. Never a Date or undefined: `node:sqlite` stores NULL for the one and throws at the other. */
export type Value = string | number | null;
export type Params = Readonly<Record<string, Value>>;

/**
 * One SQL operation with named parameters (`:name`), in words that SQLite and PostgreSQL both
 * understand. The object itself is the key under which a connection caches it prepared.
 *
 * Parameters and columns that hold a moment are named `now`, `at`, `before`, `since`, `until`, `due`, `stale`, or end
 * in `_at`, `_until`, `_before` or `_since`, and nothing else is: PostgreSQL keeps them by its own clock.
 */
export interface Statement<P extends Params, R> {
  readonly sql: string;
  /** The rows it reads are about to be written: PostgreSQL locks them, waiting for who has them (`wait`) or leaving those out (`skip`). */
  readonly locks: 'no' | 'wait' | 'skip';
  /** The text for PostgreSQL, where it must be another one. */
  readonly postgres: string | undefined;
  /** True: nothing in its transaction depends on it, so PostgreSQL runs it at the end, under a lock. */
  readonly last: boolean;
  /** Never set: carries the types of parameters and rows. */
  readonly shape?: { readonly params: P; readonly row: R };
}

export function statement<P extends Params, R = never>(
  sql: string,
  options: { locks?: true | 'skip'; postgres?: string; last?: true } = {},
): Statement<P, R> {
  const { locks, postgres, last = false } = options;
  return { sql, locks: locks === true ? 'wait' : (locks ?? 'no'), postgres, last };
}
