import pg from 'pg';
import type { Question } from '../database.ts';
import type { Params } from '../statements/statement.ts';
import type { Address } from './address.ts';
import { Trouble } from './failure.ts';
import { manyRows, preparedOf, storable } from './text.ts';
import type { Times } from './times.ts';

/** Longest waits, ms. The server ends a statement, a wait for a lock, and a transaction whose client is silent. */
export interface Limits {
  readonly connect: number;
  readonly statement: number;
  /** The connection is given up: nobody answered, not even that the statement was ended. */
  readonly answer: number;
  readonly lock: number;
  /** Whoever is stopped in the middle of a transaction holds up others for no longer. */
  readonly silent: number;
}

export const usualLimits: Limits = { connect: 5000, statement: 6000, answer: 7500, lock: 4000, silent: 2000 };

/** Connections that are open at once at most; one more listens. */
const connections = 4;
/** An unused one is closed after this, ms. */
const idle = 30_000;

/** One connection for one transaction. Everything it throws is `Trouble`. */
export interface Session {
  /** Whether a statement of the open transaction changed something. */
  readonly wrote: boolean;
  /** `read`: of a work that writes nothing, and so locks nothing. */
  ask(question: Question, to: 'read' | 'write'): Promise<unknown>;
  /** Inserts several rows at once. */
  insert(statement: Question['statement'], rows: readonly Params[]): Promise<void>;
  /** Words without parameters, such as COMMIT; tells the (last) word that the server answers. */
  say(words: string): Promise<string>;
  /** Begins a transaction that writes, and learns what time it is there. */
  begin(): Promise<void>;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Sessions {
  /** Runs it with a connection of its own; one that failed is not used again. */
  with<T>(run: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function openSessions(address: Address, times: Times, limits: Limits): Sessions {
  const pool = new pg.Pool({
    ...connectionOptions(address),
    max: connections,
    idleTimeoutMillis: idle,
    connectionTimeoutMillis: limits.connect,
    statement_timeout: limits.statement,
    query_timeout: limits.answer,
    lock_timeout: limits.lock,
    idle_in_transaction_session_timeout: limits.silent,
  });
  // A connection that ends is replaced when one is needed; in the middle of something the next question says so.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    async with(run) {
      const client = await guarded(() => pool.connect());
      let broken: unknown;
      try {
        return await run(sessionOn(client, times));
      } catch (error) {
        broken = error;
        throw error;
      } finally {
        client.release(broken instanceof Trouble);
      }
    },
    close: () => pool.end(),
  };
}

/** What every connection needs; also one that listens or migrates. */
export function connectionOptions({ link }: Address): pg.ClientConfig {
  return { connectionString: link, application_name: 'longhaul', keepAlive: true, types: { getTypeParser } };
}

/** Rejects with `Trouble` only. */
export async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof Trouble ? error : new Trouble(error);
  }
}

function sessionOn(client: pg.ClientBase, times: Times): Session {
  let wrote = false;
  const send = (query: pg.QueryConfig) =>
    guarded(async () => {
      const result = await client.query(query);
      wrote ||= result.command !== 'SELECT' && (result.rowCount ?? 0) > 0;
      return result;
    });
  const taken = (params: Params) => (name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`no value for :${name}`);
    return storable(times.outward(name, value));
  };

  return {
    get wrote() {
      return wrote;
    },
    async ask({ statement, params, want }, to) {
      const { name, text, parameters } = preparedOf(statement, to);
      const result = await send({ name, text, values: parameters.map(taken(params)) });
      if (want === 'count') return result.rowCount ?? 0;
      if (want === 'all') return result.rows.map((row) => times.inward(row));
      return result.rows[0] && times.inward(result.rows[0]);
    },
    async insert(statement, rows) {
      const { text, parameters } = manyRows(statement, rows.length);
      const each = parameters.length / rows.length;
      const values = rows.flatMap((row) => parameters.slice(0, each).map(taken(row)));
      await send({ text, values });
    },
    async say(words) {
      const answer: pg.QueryResult | pg.QueryResult[] = await guarded(() => client.query(words));
      return (Array.isArray(answer) ? answer.at(-1) : answer)?.command ?? '';
    },
    async begin() {
      wrote = false;
      const askedAt = times.monotonic();
      const answers = await guarded(() => client.query(`BEGIN; SELECT ${epochMs} AS now`));
      times.learn((answers as unknown as pg.QueryResult<{ now: number }>[])[1]?.rows[0]?.now ?? 0, askedAt);
    },
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await guarded(() => client.query(text, [...values]))).rows as Row[],
  };
}

/** The server's own time, not that of the transaction's beginning. */
export const epochMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const oid = { bool: 16, bigint: 20, numeric: 1700 } as const;

/** The one place where numbers of 64 bits and sums become JavaScript's, and truth values 0 or 1. */
function getTypeParser(type: number, format?: 'text' | 'binary') {
  if (type === oid.bigint || type === oid.numeric) return Number;
  if (type === oid.bool) return (text: string) => (text === 't' ? 1 : 0);
  return pg.types.getTypeParser(type, format as 'text');
}
