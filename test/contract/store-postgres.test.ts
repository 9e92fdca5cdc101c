import { after } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { storeConformance } from './store-conformance.ts';

const server = await startPostgres();
after(() => server.stop());
const database = await server.database();

/** A schema for each test: that is faster than a database. */
let schemas = 0;

storeConformance('PostgreSQL', async () => {
  schemas += 1;
  await server.query(`CREATE SCHEMA s${schemas}`, database);
  const url = `${database}?options=${encodeURIComponent(`-c search_path=s${schemas}`)}`;
  const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });
  return { store, end: () => store.close() };
});
