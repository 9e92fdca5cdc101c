import type { z } from 'zod';
import type { schema } from './schema.ts';

/** The validated configuration: durations in ms, sizes in bytes, paths absolute. Frozen. */
export type Config = DeepReadonly<z.output<typeof schema>>;

/** What may stand in the file: every key optional, durations and sizes as a person writes them. */
export type ConfigInput = DeepReadonly<z.input<typeof schema>>;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
