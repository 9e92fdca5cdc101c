import { stringify } from 'yaml';
import type { LoadedConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { type ConfigKey, sections } from './keys.ts';
import { originText } from './problems.ts';
import { formatRate } from './rate.ts';
import { maskValue } from './secrets.ts';
import { formatSize } from './size.ts';

/** One key as `config show` shows it. */
export interface ShownKey {
  readonly key: string;
  /** As a person would write it (`10m`), secrets masked; undefined where nothing is set. */
  readonly value: unknown;
  /** `default`, a file with its line, a variable's name, or a flag. */
  readonly from: string;
}

/** Every key with its effective value and where it came from; secrets masked. */
export function shownKeys(loaded: LoadedConfig): readonly ShownKey[] {
  return sections.flatMap((section) => section.keys.map((key) => shown(loaded, key)));
}

/** The effective configuration as YAML, with where each value came from; secrets masked. */
export function describeConfig(loaded: LoadedConfig): string {
  const lines = [
    `# ${loaded.file.path}${loaded.file.found ? '' : ' (not there; everything is at its default unless said otherwise)'}`,
  ];
  for (const section of sections) {
    const inSection = section.keys.some((key) => key.path.length > 1);
    if (inSection) lines.push(`${section.name}:`);
    for (const key of section.keys) lines.push(`${inSection ? '  ' : ''}${line(shown(loaded, key), key)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A value as YAML on one line. */
export function yamlValue(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    defaultStringType: 'PLAIN',
    singleQuote: false,
  }).trim();
}

function line({ value, from }: ShownKey, key: ConfigKey): string {
  const name = key.path.at(-1) ?? key.key;
  return value === undefined ? `# ${name}:  # not set` : `${name}: ${yamlValue(value)}  # ${from}`;
}

function shown({ config, sources }: LoadedConfig, key: ConfigKey): ShownKey {
  let value: unknown = config;
  for (const part of key.path) value = (value as Readonly<Record<string, unknown>>)[part];
  return {
    key: key.key,
    value: maskValue(key.key, readable(key, value)),
    from: originText(sources[key.key] ?? { kind: 'default' }).replaceAll(/[\r\n]/g, '?'),
  };
}

function readable(key: ConfigKey, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (key.kind === 'duration') return formatDuration(value);
  if (key.kind === 'rate') return formatRate(value);
  return key.kind === 'size' ? formatSize(value) : value;
}
