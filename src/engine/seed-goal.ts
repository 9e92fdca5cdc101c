import { parseSeed, type SeedGoal } from '../config/seed.ts';
import type { Run } from './run.ts';

/** How long what was delivered is sent to others; undefined: not at all, or there is nobody to send it to. */
export function seedGoalOf({ parts, claim, source }: Run): SeedGoal | undefined {
  const goal = parseSeed(claim.download.options.seed ?? parts.policy.seed ?? 'off');
  return goal && parts.seeds?.(source) ? goal : undefined;
}
