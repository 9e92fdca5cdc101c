import type { Params, Statement } from './statements/statement.ts';

/**
 * The seam between the operations and a database. An operation is a generator that asks one
 * question after the other (`yield* get(…)`), so that the same text runs on a database that
 * answers at once (SQLite: no await inside a transaction, ever) and on one that answers later
 * (PostgreSQL).
 */
export type Work<T> = Generator<Question, T, unknown>;

export interface Question {
  readonly statement: Statement<Params, unknown>;
  readonly params: Params;
  readonly want: 'one' | 'all' | 'count';
}

/** Both run the work in one transaction; what the work throws rolls it back and comes through. */
export interface Database {
  /** A consistent reading; the work must not write. */
  read<T>(work: () => Work<T>): Promise<T>;
  /** The work may be begun again from the start (the database was busy): it must have no effect but its questions. */
  write<T>(work: () => Work<T>): Promise<T>;
}

/** The first row, or undefined. */
export function* get<P extends Params, R>(asked: Statement<P, R>, params: P): Work<R | undefined> {
  return (yield { statement: asked as Statement<Params, unknown>, params, want: 'one' }) as R | undefined;
}

/** All rows. */
export function* all<P extends Params, R>(asked: Statement<P, R>, params: P): Work<R[]> {
  return (yield { statement: asked as Statement<Params, unknown>, params, want: 'all' }) as R[];
}

/** How many rows were changed. */
export function* run<P extends Params>(asked: Statement<P, never>, params: P): Work<number> {
  return (yield { statement: asked as Statement<Params, unknown>, params, want: 'count' }) as number;
}

/** Runs work to its end with a database that answers at once. */
export function runNow<T>(work: Work<T>, answer: (question: Question) => unknown): T {
  let step = work.next();
  while (!step.done) step = work.next(answer(step.value));
  return step.value;
}
