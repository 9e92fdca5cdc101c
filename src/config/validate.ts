import type * as z from 'zod';
import { type ConfigKey, configKeys } from './keys.ts';
import { ConfigError, type Origin, type Problem } from './problems.ts';
import { schema } from './schema.ts';
import { shownValue } from './secrets.ts';
import type { Setting } from './settings.ts';

/** Durations in ms and sizes in bytes, but paths as they were written. */
export type RawConfig = z.output<typeof schema>;

/**
 * The configuration that these settings make; a later setting of a key wins. Throws ConfigError
 * with every problem there is, those already known first.
 */
export function validate(
  settings: readonly Setting[],
  known: readonly Problem[] = [],
): { readonly config: RawConfig; readonly sources: Readonly<Record<string, Origin>> } {
  const winners = new Map(settings.map((setting) => [setting.key.key, setting]));
  const result = schema.safeParse(treeOf([...winners.values()]), { jitless: true });
  const problems = [...known, ...(result.success ? [] : problemsOf(result.error.issues, winners))];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  const sources = configKeys.map(({ key }) => [key, winners.get(key)?.origin ?? { kind: 'default' }] as const);
  return { config: result.data, sources: Object.fromEntries(sources) };
}

function treeOf(settings: readonly Setting[]): Readonly<Record<string, unknown>> {
  const tree: Record<string, unknown> = {};
  for (const { key, value } of settings) {
    const [first = '', second] = key.path;
    if (second === undefined) tree[first] = value;
    else tree[first] = { ...(tree[first] as object | undefined), [second]: value };
  }
  return tree;
}

function problemsOf(issues: readonly z.core.$ZodIssue[], winners: ReadonlyMap<string, Setting>): Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of issues) {
    const path = issue.path.map(String);
    const key = configKeys.find((candidate) => candidate.path.every((part, place) => path[place] === part));
    const problem = problemOf(issue, path, key, key && winners.get(key.key));
    const name = problem.key ?? '';
    if (!problems.has(name)) problems.set(name, problem);
  }
  return [...problems.values()];
}

function problemOf(
  issue: z.core.$ZodIssue,
  path: readonly string[],
  key: ConfigKey | undefined,
  setting: Setting | undefined,
): Problem {
  const inner = path.slice(key?.path.length ?? path.length);
  const name = `${key?.key ?? path.join('.')}${inner.map((part) => `[${part}]`).join('')}`;
  const value = setting === undefined ? key?.default : setting.value;
  return {
    key: name,
    value: shownValue(name, at(value, inner)),
    origin: setting?.origin ?? { kind: 'default' },
    allowed: issue.message,
  };
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const part of path) {
    const inside = typeof found === 'object' && found !== null && Object.hasOwn(found, part);
    found = inside ? (found as Record<string, unknown>)[part] : undefined;
  }
  return found;
}
