import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** Sections that a running process takes over; everything else holds from its next start on. */
const reloadable = [
  'limits',
  'queue',
  'retry',
  'checkpoint',
  'space',
  'retention',
  'categories',
] as const satisfies readonly (keyof Config)[];

/** What a new configuration means for a process that runs with an older one. */
export interface Reloaded {
  /** What it works with from now on. */
  readonly config: Config;
  /** Keys that changed and hold at once. */
  readonly applied: readonly string[];
  /** Keys that changed and hold from the next start on. */
  readonly atNextStart: readonly string[];
}

/** Pure: takes of `wanted` what can be taken over while running. */
export function reloaded(running: Config, wanted: Config): Reloaded {
  const changed = (Object.keys(wanted) as (keyof Config)[]).flatMap((section) =>
    changedKeys(section, running[section], wanted[section]).map((key) => ({ key, section })),
  );
  const holdsNow = (section: keyof Config) => (reloadable as readonly (keyof Config)[]).includes(section);
  const taken = Object.fromEntries(reloadable.map((section) => [section, wanted[section]]));
  return {
    config: Object.freeze({ ...running, ...taken }),
    applied: changed.filter(({ section }) => holdsNow(section)).map(({ key }) => key),
    atNextStart: changed.filter(({ section }) => !holdsNow(section)).map(({ key }) => key),
  };
}

/** `retry.max_tries`; of what is no section of keys, its own name. */
function changedKeys(section: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isSection(before) || !isSection(after) || section === 'hosts' || section === 'categories') return [section];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key])).map((key) => `${section}.${key}`);
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
