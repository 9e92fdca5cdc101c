import { parseSeed, type SeedGoal } from '../config/seed.ts';
import type { Run } from './run.ts';

/** How long what was delivered is sent to others; undefined: not at all, or there is nobody to send it to. */
export async function seedGoalOf({ parts, claim, source }: Run): Promise<SeedGoal | undefined> {
  if (!parts.seeds?.(source)) return undefined;
  // Read anew: somebody may have changed it meanwhile.
  const { options } = (await parts.store.get(claim.download.id)) ?? claim.download;
  return parseSeed(options.seed ?? parts.policy.seed ?? 'off');
}
