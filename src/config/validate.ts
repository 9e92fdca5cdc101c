import * as z from 'zod';
import { type ConfigKey, configKeys, unwrap } from './keys.ts';
import { nearest } from './nearest.ts';
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
  const origin = setting?.origin ?? { kind: 'default' };
  if (issue.code === 'unrecognized_keys' && issue.message.startsWith('Unrecognized key')) {
    const [unknown = ''] = issue.keys;
    return { key: `${name}[${unknown}]`, origin, allowed: unknownText(unknown, innerKeys(path)) };
  }
  if (issue.code === 'invalid_key') {
    return { key: name, origin, allowed: `is named wrongly: it ${issue.issues[0]?.message ?? issue.message}` };
  }
  const written = at(value, inner);
  if (written === undefined) return { key: name, origin, allowed: `is missing: it ${issue.message}` };
  return { key: name, value: shownValue(name, written), origin, allowed: issue.message };
}

function unknownText(unknown: string, known: readonly string[]): string {
  const near = nearest(unknown, known);
  return `is not known here${near === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${near}?`}`;
}

/** The keys that an entry of a map (`hosts`) may have. */
function innerKeys(path: readonly string[]): readonly string[] {
  let type: z.ZodType | undefined = schema;
  for (const part of path) {
    type = type && unwrap(type);
    if (type instanceof z.ZodObject) type = type.shape[part];
    else if (type instanceof z.ZodRecord) type = type.valueType as z.ZodType;
    else return [];
  }
  type = type && unwrap(type);
  return type instanceof z.ZodObject ? Object.keys(type.shape) : [];
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const part of path) {
    const inside = typeof found === 'object' && found !== null && Object.hasOwn(found, part);
    found = inside ? (found as Record<string, unknown>)[part] : undefined;
  }
  return found;
}
