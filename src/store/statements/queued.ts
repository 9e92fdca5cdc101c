/**
 * Expressions that statements share with the indexes of the queue (`0006-queue.ts`, `0008-step-places.ts`, `0011-steps-left.ts`): an index answers only for the
 * very same words.
 */

/** In the queue: a claim may take it now, whatever the clock says. */
const queued = "(status = 'pending' OR called = 1)";

/** The same, of which bytes are to be fetched. */
export const toFetch = `${queued} AND download_path IS NULL`;

/** The same, whose bytes are in place. */
export const inPlace = `${queued} AND download_path IS NOT NULL`;

/** Who alone may claim it; `-`: anybody. */
export const runnerKey = "COALESCE(runner, '-')";

export const categoryKey = "COALESCE(category, '-')";

/** 0: a person put it before everything of its priority. */
export const rankedKey = '(CASE WHEN position > 0 THEN 1 ELSE 0 END)';

/** By what it is not: a list of what it is would draw SQLite to the index of states. */
export const unfinished = "status NOT IN ('completed', 'failed', 'cancelled', 'cleaned')";

/** Unfinished, and nobody works on it. */
export const waits = "status NOT IN ('downloading', 'processing', 'completed', 'failed', 'cancelled', 'cleaned')";

/** What a choice is made from. */
export const candidateColumns = 'id, priority, position, category, host, wish, download_path';

/** A value for `position`: behind all that is unfinished with this priority. */
export const behindAll = (priority: ':priority' | '0'): string =>
  `(SELECT COALESCE(MAX(position), 0) + :gap FROM downloads WHERE position > 0 AND priority = ${priority} AND ${unfinished})`;
