import pg from 'pg';
import { Failure } from '../../downloads/failure.ts';
import { maskLinks } from '../../log/redaction.ts';
import type { ForeignDatabase } from './stalkeer-database.ts';

/** Longest waits, ms. */
const connectTimeout = 10_000;
const answerTimeout = 120_000;

/** Opens the database of another program for reading, as it is at this moment. Throws `Failure`. */
export async function openForeignDatabase(link: string): Promise<ForeignDatabase & { close(): Promise<void> }> {
  const place = placeOf(link);
  const client = new pg.Client({
    connectionString: link,
    application_name: 'longhaul import',
    connectionTimeoutMillis: connectTimeout,
    query_timeout: answerTimeout,
  });
  // Said again by the next question.
  client.on('error', () => {});
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new Failure('network', sentenceOf(error, place), { cause: error });
    }
  };
  await told(async () => {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  });
  return {
    query: (sql, values = []) => told(async () => (await client.query(sql, [...values])).rows),
    // What was only read has nothing to end well.
    close: () => client.end().catch(() => {}),
  };
}

interface Place {
  readonly server: string;
  readonly database: string;
}

function placeOf(link: string): Place {
  const url = URL.parse(link);
  if (!url || url.pathname.length < 2) {
    throw new Failure(
      'link',
      'the address of the database cannot be read; it looks like postgres://USER@HOST:5432/DATABASE',
    );
  }
  return { server: `${url.hostname || 'localhost'}:${url.port || '5432'}`, database: url.pathname.slice(1) };
}

/** SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html */
function sentenceOf(thrown: unknown, { server, database }: Place): string {
  const error = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the database server ${server} is not known; check the address`;
    case 'ECONNREFUSED':
      return `nothing answers at ${server}; start the database server, or check the address`;
    case '28P01':
    case '28000':
      return `the database server ${server} does not let this user in; check name and password (PGPASSWORD is read)`;
    case '3D000':
      return `there is no database ${database} on ${server}; check the address`;
    case '42501':
      return `this user may not read the tables of ${database} on ${server}; let it SELECT from download_info and processed_lines`;
    default:
      return `the database ${database} on ${server} cannot be read (${said(error)}); look at its server, then try again`;
  }
}

function said(error: unknown): string {
  return maskLinks(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
