import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { yamlValue } from '../src/config/describe.ts';
import { type ConfigKey, sections } from '../src/config/keys.ts';
import { schema } from '../src/config/schema.ts';

/**
 * What is made from the schema of the configuration: the commented example, the JSON Schema
 * for editors, and the defaults that are used where nothing is set.
 */
export function configFiles(): Readonly<Record<string, string>> {
  return {
    'config/longhaul.example.yaml': example(),
    'config/longhaul.schema.json': jsonSchema(),
    'src/config/defaults.ts': defaults(),
  };
}

/** The files that differ from what the schema makes. */
export async function outdated(): Promise<string[]> {
  const names: string[] = [];
  for (const [name, text] of Object.entries(configFiles())) {
    const written = await readFile(at(name), 'utf8').catch(() => undefined);
    if (written !== text) names.push(name);
  }
  return names;
}

function example(): string {
  const head = [
    '# yaml-language-server: $schema=./longhaul.schema.json',
    '#',
    '# Configuration of Longhaul. Every key is shown with its default; uncomment what shall differ.',
    '# Its place: `longhaul config path`. Is it right: `longhaul config check`. What counts: `longhaul config show`.',
    '# Durations: 500ms, 30s, 10m, 1h30m, or a number of seconds. Sizes: 10MB, 64KiB, or a number of bytes.',
    '# Each key can be set by a variable too: retry.max_tries by LONGHAUL_RETRY_MAX_TRIES.',
  ];
  const body = sections.map(({ name, description, keys }) => {
    const own = keys.some((key) => key.path.length > 1);
    if (!own)
      return keys.map((key) => [`# ${key.description}`, `${name}: ${yamlValue(key.default)}`].join('\n')).join('\n');
    return [`# ${description}`, `${name}:`, keys.map(exampleKey).join('\n\n')].join('\n');
  });
  return `${[head.join('\n'), ...body].join('\n\n')}\n`;
}

function exampleKey(key: ConfigKey): string {
  const name = key.path.at(-1) ?? key.key;
  const value = key.default === undefined ? '  # not set' : ` ${yamlValue(key.default)}`;
  return `  # ${key.description}\n  # ${name}:${value}`;
}

/** Draft 2020-12, of what may be written (`io: input`). A section that is there but empty is null in YAML. */
function jsonSchema(): string {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    override: ({ jsonSchema: node, path }) => {
      if (node.type === 'object' && path.length === 2) Object.assign(node, { type: ['object', 'null'] });
    },
  });
  return `${JSON.stringify(made, null, 2)}\n`;
}

function defaults(): string {
  return [
    "import type { RawConfig } from './validate.ts';",
    '',
    '/** The defaults of schema.ts, at hand without loading it. Made by build/config-files.ts. */',
    `export const defaults: RawConfig = ${literal(schema.parse({}), '')};`,
    '',
  ].join('\n');
}

/** Of a list on one line, as the formatter has it: the name of its key stands before it. */
const widestList = 100;

function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
  if (typeof value === 'number')
    return value >= 10_000 ? value.toString().replaceAll(/\B(?=(?:\d{3})+$)/g, '_') : String(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const entries = Array.isArray(value)
    ? value.map((entry) => literal(entry, inner))
    : Object.entries(value).map(([key, entry]) => `${key}: ${literal(entry, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const line = `[${entries.join(', ')}]`;
  if (Array.isArray(value) && indent.length + line.length <= widestList) return line;
  return entries.length === 0
    ? `${open}${close}`
    : `${open}\n${entries.map((entry) => `${inner}${entry},\n`).join('')}${indent}${close}`;
}

function at(name: string): URL {
  return new URL(`../${name}`, import.meta.url);
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(configFiles())) await writeFile(at(name), text);
}
