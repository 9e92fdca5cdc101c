import type { Question, Work } from '../database.ts';
import { deleteEventsOfDownload } from '../statements/delete-events-of-download.ts';
import type { Params } from '../statements/statement.ts';
import type { Settle } from './batches.ts';
import { Trouble } from './failure.ts';
import type { Session } from './session.ts';

/**
 * Runs works one after the other in the open transaction; each is all or nothing for itself. Tells how each ended, and
 * the events that are still to be written. Rejects with `Trouble` where the transaction has to be begun again.
 */
export async function settleAll(
  session: Session,
  works: readonly (() => Work<unknown>)[],
): Promise<{ readonly settled: readonly Settle[]; readonly events: readonly Params[] }> {
  let events: readonly Params[] = [];
  const settled: Settle[] = [];
  for (const work of works) {
    const pending = [...events];
    const end = works.length === 1 ? await alone(session, work, pending) : await apart(session, work, pending);
    if ('value' in end) events = pending;
    settled.push(end);
  }
  return { settled, events };
}

/** A single question needs no transaction to see one moment; for more it is begun again in one. */
export async function readOne<T>(session: Session, work: () => Work<T>): Promise<T> {
  const trial = work();
  const first = trial.next();
  if (first.done) return first.value;
  const second = trial.next(await session.ask(first.value, 'read'));
  if (second.done) return second.value;
  await session.say('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    return await drive(work(), (question) => session.ask(question, 'read'));
  } finally {
    await session.say('COMMIT');
  }
}

/** It has its transaction for itself. */
async function alone(session: Session, work: () => Work<unknown>, events: Params[]): Promise<Settle> {
  const end = await settle(session, work, events);
  if ('error' in end) {
    await session.say('ROLLBACK');
    await session.begin();
  }
  return end;
}

/** What it throws undoes only what it wrote itself. */
async function apart(session: Session, work: () => Work<unknown>, events: Params[]): Promise<Settle> {
  await session.say('SAVEPOINT work');
  const end = await settle(session, work, events);
  await session.say('error' in end ? 'ROLLBACK TO work; RELEASE work' : 'RELEASE work');
  return end;
}

async function settle(session: Session, work: () => Work<unknown>, events: Params[]): Promise<Settle> {
  try {
    return { value: await drive(work(), (question) => answer(session, question, events)) };
  } catch (error) {
    if (error instanceof Trouble && error.verdict !== 'refused') throw error;
    return { error };
  }
}

/** Events wait for the end of the transaction; those of a download that is removed never come. */
async function answer(session: Session, question: Question, events: Params[]): Promise<unknown> {
  const { statement, params } = question;
  if (statement === deleteEventsOfDownload) {
    const others = events.filter((event) => event.download_id !== params.download_id);
    events.splice(0, events.length, ...others);
  }
  if (!statement.last) return session.ask(question, 'write');
  events.push(params);
  return 1;
}

async function drive<T>(work: Work<T>, ask: (question: Question) => Promise<unknown>): Promise<T> {
  let step = work.next();
  while (!step.done) step = work.next(await ask(step.value));
  return step.value;
}
