import { after } from 'node:test';
import pg from 'pg';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { storeConformance } from './store-conformance.ts';

const server = await startPostgres();
const url = await server.database();
const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });

const client = new pg.Client(url);
await client.connect();
after(async () => {
  await client.end();
  await store.close();
  await server.stop();
});

/** All that is remembered, but not the schema, nor who writes: measured, a tenth of a TRUNCATE, a fiftieth of a new schema. */
const tables = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY ($1)";
const sequences = "SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'";
const emptying = [
  ...(await namesBy(tables, [['schema_version', 'writers']])).map((name) => `DELETE FROM ${name}`),
  ...(await namesBy(sequences, [])).map((name) => `ALTER SEQUENCE ${name} RESTART`),
].join('; ');

/** One store for all: making its tables and connections takes longer than most tests do. */
storeConformance('PostgreSQL', async () => ({
  store,
  end: async () => {
    await client.query(emptying);
  },
}));

async function namesBy(sql: string, values: readonly unknown[]): Promise<string[]> {
  return (await client.query<{ name: string }>(sql, [...values])).rows.map(({ name }) => name);
}
