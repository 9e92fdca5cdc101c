import type { Migration } from './migration.ts';

/** What only a database server needs: SQLite has one writer at a time, who knows whether its commit happened. */
export const servers: Migration = {
  version: 3,
  name: 'servers',
  statements: ({ name, bigint }) => (name === 'sqlite' ? [] : [writers(bigint), roundToDigits]),
};

/** One row a process: `seq` counts its commits, so that it can ask whether one happened whose answer was lost. */
const writers = (bigint: string) => `
CREATE TABLE writers (
  uid TEXT NOT NULL PRIMARY KEY,
  seq ${bigint} NOT NULL,
  used_at ${bigint} NOT NULL
)`;

/** Scripts of the older program round percentages with it; PostgreSQL knows it only for numeric. */
const roundToDigits = `
CREATE FUNCTION round(value double precision, digits integer) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.round(value::numeric, digits)`;
