import pg from 'pg';
import { migrations, newestSchema } from '../migrations/list.ts';
import type { Dialect, Migration } from '../migrations/migration.ts';
import { StoreFailure } from '../store.ts';
import { type Address, placeOf } from './address.ts';
import { ownerHint, Trouble } from './failure.ts';
import { connectionOptions, epochMs, guarded, usualLimits } from './session.ts';

export interface SchemaState {
  /** 0: there are no tables yet. */
  readonly version: number;
  /** False: the tables are there, but this role may not read them. */
  readonly readable: boolean;
  /** What the database's clock shows, UTC epoch ms. */
  readonly now: number;
  /** `18.4` */
  readonly server: string;
}

/** PostgreSQL 14, as `server_version_num`. */
const oldestServer = 140_000;
/** How long other instances may take to migrate, ms. */
const migrationPatience = 300_000;

/** Looks at the tables. Rejects with `Trouble`; throws `StoreFailure` for a server that is too old. */
export function schemaAt(address: Address): Promise<SchemaState> {
  return connected(address, async (client) => stateOf(client, address));
}

/**
 * Brings the tables up to date in one transaction, under a lock that instances which start together take in turn, and
 * lets `user` read and write them. Rejects with `Trouble`.
 */
export function migrate(owner: Address, user: string): Promise<void> {
  return connected(owner, async (client) => {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${migrationPatience}`);
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('longhaul migration', 0))");
    const { version, readable, now } = await stateOf(client, owner);
    if (!readable) throw new StoreFailure(mayNot(owner, 'read its tables'));
    if (version > newestSchema) throw newerSchema(version, owner);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at BIGINT NOT NULL)`,
    );
    for (const migration of migrations.slice(version)) {
      for (const sql of statementsOf(migration)) await client.query(sql);
      await client.query('INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)', [migration.version, now]);
    }
    await client.query(`${grantTo(user)}; COMMIT`);
  });
}

/** Throws the one sentence for a schema that this program, or this role, cannot use. */
export function refuseSchema({ version, readable }: SchemaState, address: Address): void {
  if (!readable) throw new StoreFailure(mayNot(address, 'read its tables'));
  if (version > newestSchema) throw newerSchema(version, address);
  if (version < newestSchema) {
    throw new StoreFailure(
      mayNot(address, `bring its schema from ${version} to ${newestSchema}, which this Longhaul needs`),
    );
  }
}

function mayNot(address: Address, what: string): string {
  const user = address.user === '' ? 'this user' : `the user ${address.user}`;
  return `${user} may not use the database ${placeOf(address)} (${what}): ${ownerHint}`;
}

function newerSchema(version: number, address: Address): StoreFailure {
  return new StoreFailure(
    `the database was written by a newer Longhaul (schema ${version}, this one knows ${newestSchema}; ${placeOf(address)}): update Longhaul`,
  );
}

async function stateOf(client: pg.ClientBase, address: Address): Promise<SchemaState> {
  const { rows } = await client.query<{ number: number; server: string; now: number; there: number }>(
    `SELECT current_setting('server_version_num')::integer AS number, ${epochMs} AS now,
            split_part(current_setting('server_version'), ' ', 1) AS server,
            to_regclass('schema_version') IS NOT NULL AS there`,
  );
  const { number = 0, server = '', now = 0, there = 0 } = rows[0] ?? {};
  if (number < oldestServer) {
    throw new StoreFailure(
      `the database server ${address.host} is PostgreSQL ${server}: PostgreSQL 14 or newer is needed`,
    );
  }
  if (there === 0) return { version: 0, readable: true, now, server };
  const { rows: may } = await client.query<{ readable: number }>(
    "SELECT has_table_privilege('schema_version', 'SELECT') AND has_table_privilege('downloads', 'UPDATE') AS readable",
  );
  if (may[0]?.readable !== 1) return { version: 0, readable: false, now, server };
  const { rows: found } = await client.query<{ version: number | null }>(
    'SELECT MAX(version) AS version FROM schema_version',
  );
  return { version: found[0]?.version ?? 0, readable: true, now, server };
}

async function connected<T>(address: Address, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connectionOptions(address), connectionTimeoutMillis: usualLimits.connect });
  client.on('error', () => {});
  try {
    await guarded(() => client.connect());
    return await run(client).catch((error: unknown) => {
      throw error instanceof StoreFailure ? error : new Trouble(error);
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/** All that the owner has in this schema is Longhaul's own; identity columns need no right to their sequences. */
function grantTo(user: string): string {
  if (user === '') return 'SELECT 1';
  const role = user.replaceAll("'", "''");
  return `DO $$
DECLARE name text;
BEGIN
  IF current_user = '${role}' THEN RETURN; END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), '${role}');
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relowner = current_user::regrole AND relkind IN ('r', 'v')
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I', name, '${role}');
  END LOOP;
END $$`;
}

const dialect: Dialect = {
  name: 'postgres',
  generatedId: 'BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY',
  bigint: 'BIGINT',
  timestamp: (column) => `to_timestamp(${column} / 1000.0) AT TIME ZONE 'UTC'`,
};

/** What a step of the schema says to PostgreSQL. Text is compared byte by byte, as SQLite does, whatever the language of the database is. */
export function statementsOf(migration: Migration): string[] {
  return migration.statements(dialect).map((sql) => sql.replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"'));
}
