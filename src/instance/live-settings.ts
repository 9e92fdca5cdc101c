import { type Reloaded, reloaded } from '../config/changes.ts';
import type { Config } from '../config/config.ts';
import { type SlotLimits, slotLimitsOf } from '../config/slots.ts';
import { type Schedule, scheduleOf } from '../downloads/schedule.ts';

/** What an instance works with now: read it at each use, since a reload replaces it. */
export interface LiveSettings {
  readonly config: Config;
  readonly schedule: Schedule;
  readonly slotLimits: SlotLimits;
  /** Takes over what can be taken over. */
  replace(wanted: Config): Reloaded;
}

export function createLiveSettings(config: Config): LiveSettings {
  let current = config;
  let schedule = scheduleOf(config.limits);
  let slotLimits = slotLimitsOf(config);
  return {
    get config() {
      return current;
    },
    get schedule() {
      return schedule;
    },
    get slotLimits() {
      return slotLimits;
    },
    replace(wanted) {
      const answer = reloaded(current, wanted);
      current = answer.config;
      schedule = scheduleOf(current.limits);
      slotLimits = slotLimitsOf(current);
      return answer;
    },
  };
}
