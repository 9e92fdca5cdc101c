/** What a parameter may be. Never a Date or undefined: `node:sqlite` stores NULL for the one and throws at the other. */
export type Value = string | number | null;
export type Params = Readonly<Record<string, Value>>;

/**
 * One SQL operation with named parameters (`:name`), in words that SQLite and PostgreSQL both
 * understand. The object itself is the key under which a connection caches it prepared.
 */
export interface Statement<P extends Params, R> {
  readonly sql: string;
  /** True: the rows it reads are about to be written; PostgreSQL adds FOR UPDATE. */
  readonly locks: boolean;
  /** Never set: carries the types of parameters and rows. */
  readonly shape?: { readonly params: P; readonly row: R };
}

export function statement<P extends Params, R = never>(
  sql: string,
  options: { locks?: boolean } = {},
): Statement<P, R> {
  return { sql, locks: options.locks ?? false };
}
