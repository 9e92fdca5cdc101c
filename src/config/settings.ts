import { type ConfigKey, configKeys, findKey, sections, variableOf } from './keys.ts';
import { nearest } from './nearest.ts';
import type { Origin, Problem } from './problems.ts';
import { shownValue } from './secrets.ts';

/** One value that somebody set, as it was written. */
export interface Setting {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly origin: Origin;
}

/** A value from the command line: `{ key: 'retry.max_tries', value: 3, flag: '--max-tries' }`. */
export interface FlagSetting {
  readonly key: string;
  readonly value: unknown;
  readonly flag: string;
}

export interface Settings {
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  /** One sentence each, for a person. */
  readonly warnings: readonly string[];
}

const yes = /^(?:true|yes|on|1)$/i;
const no = /^(?:false|no|off|0)$/i;

/** Flags of the command line, and values that a program hands in. */
export function settingsFromFlags(flags: readonly FlagSetting[]): Settings {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const everyKey = configKeys.map(({ key }) => key);
  for (const { key, value, flag } of flags) {
    const known = findKey(key);
    const origin: Origin = { kind: 'flag', flag };
    if (known === undefined) problems.push({ key, origin, allowed: unknownKey(key, everyKey) });
    else settings.push({ key: known, value: typeof value === 'string' ? fromText(known, value) : value, origin });
  }
  return { settings, problems, warnings: [] };
}

/** A variable that means no key is a warning only: it may belong to a newer or an older Longhaul. */
export function settingsFromVariables(variables: readonly (readonly [name: string, value: string])[]): Settings {
  const byName = new Map(configKeys.filter(({ key }) => key !== 'version').map((key) => [variableOf(key.key), key]));
  const settings: Setting[] = [];
  const warnings: string[] = [];
  for (const [name, value] of variables) {
    const key = byName.get(name);
    if (key !== undefined) settings.push({ key, value: fromText(key, value), origin: { kind: 'environment', name } });
    else
      warnings.push(`${name} in the environment means nothing to Longhaul${meant(nearest(name, [...byName.keys()]))}`);
  }
  return { settings, problems: [], warnings };
}

/** The tree of a file. `lineOf` finds the line on which the value at a path begins. */
export function settingsFromTree(
  tree: unknown,
  path: string,
  lineOf: (path: readonly string[]) => number | undefined,
): Settings {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const origin = (at: readonly string[]): Origin => {
    const line = lineOf(at);
    return { kind: 'file', path, ...(line === undefined ? {} : { line }) };
  };
  const unknown = (at: readonly string[], siblings: readonly string[]) =>
    problems.push({ key: at.join('.'), origin: origin(at), allowed: unknownKey(at.join('.'), siblings) });

  if (tree === null || tree === undefined) return { settings, problems, warnings: [] };
  if (!isMap(tree)) {
    problems.push({
      origin: { kind: 'file', path },
      allowed: 'must be keys with their values, such as queue: { slots: 4 }',
    });
    return { settings, problems, warnings: [] };
  }
  for (const [name, value] of Object.entries(tree)) {
    const section = sections.find((candidate) => candidate.name === name);
    const single = findKey(name);
    if (single !== undefined) settings.push({ key: single, value, origin: origin([name]) });
    else if (section === undefined)
      unknown(
        [name],
        sections.map((candidate) => candidate.name),
      );
    else if (isMap(value)) {
      for (const [key, leaf] of Object.entries(value)) {
        const known = findKey(`${name}.${key}`);
        if (known !== undefined) settings.push({ key: known, value: leaf, origin: origin([name, key]) });
        else
          unknown(
            [name, key],
            section.keys.map((candidate) => candidate.key),
          );
      }
    } else if (value !== null) {
      const allowed = `must be a section with keys of its own: ${section.keys.map((key) => key.path.at(-1)).join(', ')}`;
      problems.push({ key: name, value: shownValue(name, value), origin: origin([name]), allowed });
    }
  }
  return { settings, problems, warnings: [] };
}

/** A single text as the value of a key: lists have one entry a line, maps look like `engine=debug,queue=warn`. */
function fromText(key: ConfigKey, text: string): unknown {
  const written = text.trim();
  switch (key.kind) {
    case 'number':
      return /^-?\d+(?:\.\d+)?$/.test(written) ? Number(written) : text;
    case 'boolean':
      return yes.test(written) || (no.test(written) ? false : text);
    case 'list':
      return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    case 'map':
      return mapFromText(written) ?? text;
    default:
      return text;
  }
}

function mapFromText(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs) : undefined;
}

function unknownKey(key: string, siblings: readonly string[]): string {
  const near =
    nearest(key, siblings) ??
    nearest(key, [...sections.map(({ name }) => name), ...configKeys.map((known) => known.key)]);
  return `is not a key of the configuration${near === undefined ? `; known here: ${siblings.join(', ')}` : meant(near)}`;
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
