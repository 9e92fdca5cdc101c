import * as z from 'zod';
import { schema } from './schema.ts';
import { type Kind, kindOf } from './values.ts';

/** A key that holds a value, as the schema describes it. */
export interface ConfigKey {
  /** `retry.max_tries` */
  readonly key: string;
  readonly path: readonly string[];
  readonly description: string;
  readonly kind: Kind;
  /** As a person would write it: `10m`; undefined where the key has none. */
  readonly default: unknown;
}

export interface ConfigSection {
  readonly name: string;
  readonly description: string;
  readonly keys: readonly ConfigKey[];
}

/** Keys at the top of the file that are no sections (`version`), and the sections in their order. */
export const sections: readonly ConfigSection[] = Object.entries(schema.shape).map(([name, type]) => {
  const inner = unwrap(type);
  const description = inner.description ?? type.description ?? '';
  if (!(inner instanceof z.ZodObject)) return { name, description: '', keys: [keyOf([name], type)] };
  return {
    name,
    description,
    keys: Object.entries(inner.shape).map(([key, of]) => keyOf([name, key], of as z.ZodType)),
  };
});

export const configKeys: readonly ConfigKey[] = sections.flatMap((section) => section.keys);

const byName = new Map(configKeys.map((key) => [key.key, key]));

export function findKey(key: string): ConfigKey | undefined {
  return byName.get(key);
}

/** `retry.max_tries` → `LONGHAUL_RETRY_MAX_TRIES` */
export function variableOf(key: string): string {
  return `LONGHAUL_${key.replaceAll('.', '_').toUpperCase()}`;
}

function keyOf(path: readonly string[], type: z.ZodType): ConfigKey {
  const preset = type instanceof z.ZodPrefault ? type.def.defaultValue : undefined;
  return {
    key: path.join('.'),
    path,
    description: type.description ?? '',
    kind: kindOf(unwrap(type)),
    default: preset,
  };
}

/** What a type is without its default. */
export function unwrap(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodPrefault || type instanceof z.ZodOptional) return unwrap(type.unwrap() as z.ZodType);
  return type;
}
