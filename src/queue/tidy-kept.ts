import { Failure } from '../downloads/failure.ts';
import type { TidyRun } from './tidy-run.ts';

/** What was kept so lately, ms, may belong to a download that is being added. */
const stillWarm = 3_600_000;

/** What sources kept for links goes when no row has them any more (a .torrent): of a row that was deleted long ago, or in a crash. */
export async function forgetKept(run: TidyRun): Promise<void> {
  if (run.scope.dryRun) return;
  try {
    for (const keeper of (await run.keepers?.()) ?? []) {
      const unneeded = await run.store.unneededKeys((await keeper.keptKeys?.()) ?? []);
      for (const key of unneeded) {
        if (run.signal.aborted) return;
        await keeper.forget?.(key, run.clock.now() - stillWarm);
      }
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    run.log.info({ error }, 'what was kept for links cannot be tidied now');
  }
}
