import * as z from 'zod';
import { durationForm, formatDuration, parseDuration } from './duration.ts';
import { parseRate, type Rate, rateAllowed, rateForm } from './rate.ts';
import { formatSeed, parseSeed, seedAllowed } from './seed.ts';
import { formatSize, parseSize, sizeForm } from './size.ts';

/** How a value is written, for whoever reads it from a single text or shows it. */
export type Kind = 'duration' | 'size' | 'rate' | 'number' | 'boolean' | 'text' | 'list' | 'map';

const measures = new WeakMap<z.ZodType, Kind>();

export function kindOf(type: z.ZodType): Kind {
  if (type instanceof z.ZodNumber || type instanceof z.ZodLiteral) return 'number';
  if (type instanceof z.ZodBoolean) return 'boolean';
  if (type instanceof z.ZodArray) return 'list';
  if (type instanceof z.ZodRecord) return 'map';
  if (type instanceof z.ZodUnion)
    return type.options.map((option) => kindOf(option as z.ZodType)).find((kind) => kind !== 'number') ?? 'number';
  return measures.get(type) ?? 'text';
}

/** Longest duration in the config, ms: platform timers end at 24.8 days. */
const longest = 20 * 86_400_000;

/** What `true` means for a number of files. */
const filesKept = 50;

/** `30s`, `1h30m`, or seconds → ms. `least` and `most` in ms. */
export function duration({ least = 0, most = longest }: { readonly least?: number; readonly most?: number } = {}) {
  const allowed = `must be a duration such as 30s, 10m or 1h30m, from ${formatDuration(least)} to ${formatDuration(most)}`;
  return measure('duration', allowed, durationForm, parseDuration, least, most);
}

/** Or `off`: there is none. */
export function orOff<Inner extends z.ZodType>(inner: Inner, example: string) {
  return z.union([z.literal('off'), inner], `must be off, or ${example}`);
}

/** How many files are kept: a number, `true` (50) or `off`. */
export function fileCount() {
  const allowed = 'must be a whole number from 1 to 1000000, true (50) or off';
  const written = z.union([z.boolean(), z.number(), z.string()], allowed);
  return written.transform((given, context): number | 'off' => {
    const word = String(given).trim().toLowerCase();
    if (word === 'off' || word === 'false') return 'off';
    if (word === 'true') return filesKept;
    const count = /^\d+$/.test(word) ? Number(word) : 0;
    if (count >= 1 && count <= 1_000_000) return count;
    context.issues.push({ code: 'custom', message: allowed, input: given });
    return z.NEVER;
  });
}

/** `10MB`, `64KiB`, or bytes → bytes. */
export function size({ least = 0 }: { readonly least?: number } = {}) {
  const floor = least > 0 ? `, at least ${formatSize(least)}` : '';
  const allowed = `must be a size such as 10MB or 64KiB, or a number of bytes${floor}`;
  return measure('size', allowed, sizeForm, parseSize, least, Number.MAX_SAFE_INTEGER);
}

/** `2MB` (bytes a second), or `off`. */
export function rate(allowed: string = rateAllowed) {
  const written = z.union([z.number(), z.string().regex(rateForm, { error: allowed, abort: true })], allowed);
  const measured = written.transform((given, context): Rate => {
    const parsed = attempt(parseRate, given);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: 'custom', message: allowed, input: given });
    return z.NEVER;
  });
  measures.set(measured, 'rate');
  return measured;
}

/** How long to seed, as `parseSeed` reads it; stays a text. */
export function seed() {
  const written = z.union([z.number(), z.string()], seedAllowed);
  return written.transform((given, context): string => {
    try {
      return formatSeed(parseSeed(given));
    } catch {
      context.issues.push({ code: 'custom', message: seedAllowed, input: given });
      return z.NEVER;
    }
  });
}

export function wholeNumber(least: number, most: number) {
  const allowed = `must be a whole number from ${least} to ${most}`;
  return z.int(allowed).min(least, allowed).max(most, allowed);
}

export function trueOrFalse() {
  return z.boolean('must be true or false');
}

export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** A text of 1 to 4096 characters on one line, and of this form. `what` says it in words: `a folder`. */
export function text(what: string, form: RegExp = /^[^\0\r\n]+$/) {
  const allowed = `must be ${what}`;
  return z.string(allowed).min(1, allowed).max(4096, `${allowed}, of at most 4096 characters`).regex(form, allowed);
}

type Parse<Amount> = (written: string | number) => Amount;

function measure(kind: Kind, allowed: string, form: RegExp, parse: Parse<number>, least: number, most: number) {
  const refused = { error: allowed, abort: true } as const;
  const written = z.union([z.number().min(0, refused), z.string().regex(form, refused)], allowed);
  const measured = written.transform((given, context) => {
    const amount = attempt(parse, given);
    if (amount !== undefined && amount >= least && amount <= most) return amount;
    context.issues.push({ code: 'custom', message: allowed, input: given });
    return z.NEVER;
  });
  measures.set(measured, kind);
  return measured;
}

function attempt<Amount>(parse: Parse<Amount>, written: string | number): Amount | undefined {
  try {
    return parse(written);
  } catch {
    return undefined;
  }
}
