/** The few words in which SQLite and PostgreSQL differ when tables are made. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** Type and constraint of a generated id that is never given out twice. */
  readonly generatedId: string;
  /** Type of an integer of 64 bits. */
  readonly bigint: string;
  /** An expression: the column's epoch ms as a timestamp of the database. */
  timestamp(column: string): string;
  /** An expression: the host of the link in this column, as `hostOf` tells it; undefined where there can be no rows yet. */
  readonly hostOf?: (column: string) => string;
}

/** One step of the schema; `version` counts from 1. Applied in one transaction, never changed after a release. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  statements(dialect: Dialect): readonly string[];
}
