import { controlVerb } from '../control-verb.ts';

/** `longhaul resume` */
export const resume = controlVerb(
  'resume',
  { done: 'resumed', told: 'will go on' },
  'Lets paused downloads go on where they were.',
);
