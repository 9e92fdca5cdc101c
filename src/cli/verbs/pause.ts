import { controlVerb } from '../control-verb.ts';

/** `longhaul pause` */
export const pause = controlVerb(
  'pause',
  { done: 'paused', told: 'will be paused' },
  'Stops at a safe place; what was fetched is kept.',
);
