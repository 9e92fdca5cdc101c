import { resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** What `test/run.ts` counts by: one line of JSON at the end of a run. */
export interface Tally {
  passed: number;
  failed: number;
  /** Names with their reason; a todo counts as skipped. */
  skipped: string[];
  /** Files that held no test, which node takes for passed ones. */
  empty: string[];
}

/** A reporter for `node --test` that only counts: tests, not the suites around them. */
export default async function* tally(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const count: Tally = { passed: 0, failed: 0, skipped: [], empty: [] };
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, file, skip, todo, details } = event.data;
    if (skip !== undefined || todo !== undefined) {
      count.skipped.push(`${name} (${file ?? ''}): ${reason(skip ?? todo)}`);
    } else if (details.type === 'suite') {
      if (event.type === 'test:fail' && !causedByTests(details)) count.failed += 1;
    } else if (event.type === 'test:pass' && file !== undefined && resolve(name) === file) {
      count.empty.push(name);
    } else if (event.type === 'test:pass') count.passed += 1;
    else count.failed += 1;
  }
  yield `${JSON.stringify(count)}\n`;
}

/** A suite fails by the tests in it, which are counted already, or by itself (a hook, its own code). */
function causedByTests(details: object): boolean {
  const error = 'error' in details ? details.error : undefined;
  return error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed';
}

function reason(why: string | boolean | undefined): string {
  return typeof why === 'string' && why !== '' ? why : 'no reason given';
}
