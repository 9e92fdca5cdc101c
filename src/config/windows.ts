import * as z from 'zod';
import { rateAllowed } from './rate.ts';
import { rate } from './values.ts';

/** In the order of the week. */
export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof days)[number];

const form = 'days: mon-fri, from: 08:00, to: 18:00, rate: 2MB';
const oneLine = 'mon-fri 08:00-18:00 2MB';
const daysAllowed = `must be days such as mon-fri, "sat,sun" or daily (${days.join(', ')})`;

/** One window, as a map or (in a variable, a flag) on one line: `mon-fri 08:00-18:00 2MB`. */
export function timeWindow() {
  return z.preprocess(
    fromLine,
    z
      .strictObject(
        {
          days: daysOfWeek().prefault('daily').describe('The days on which it begins: mon-fri, "sat,sun", daily.'),
          from: time('08:00', /^([01]\d|2[0-3]):[0-5]\d$/).describe('Local time, HH:MM.'),
          to: time('18:00', /^(?:([01]\d|2[0-3]):[0-5]\d|24:00)$/).describe(
            'Local time, HH:MM; when it is not later than from, it is on the next day.',
          ),
          rate: windowRate().describe('A rate such as 2MB; off: no limit; 0: nothing runs.'),
        },
        { error: (issue) => complaint(issue) },
      )
      .refine((given) => given.from !== given.to, {
        path: ['to'],
        error: 'cannot be the same as from; a whole day is from: 00:00, to: 24:00',
      }),
  );
}

function complaint(issue: { readonly code?: string; readonly keys?: unknown }): string {
  if (issue.code === 'unrecognized_keys')
    return `has the unknown key ${String(issue.keys)}; a window has ${Object.keys({ days, from: 0, to: 0, rate: 0 }).join(', ')}`;
  return `must be a window such as { ${form} }, or on one line: ${oneLine}`;
}

/** What is no such line goes on as it is, to be refused. */
function fromLine(written: unknown): unknown {
  if (typeof written !== 'string') return written;
  const match = /^\s*(?:(\S.*?)\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})\s+(\S+)\s*$/.exec(written);
  if (!match) return written;
  const [, onDays, from, to, text] = match;
  return { ...(onDays === undefined ? {} : { days: onDays }), from, to, rate: text === '0' ? 0 : text };
}

function daysOfWeek() {
  const written = z.union([z.string(), z.array(z.string())], daysAllowed);
  return written.transform((given, context): Day[] => {
    const named = new Set<Day>();
    for (const word of typeof given === 'string' ? given.split(',') : given) {
      const found = daysIn(word.trim().toLowerCase());
      if (found.length === 0) {
        context.issues.push({ code: 'custom', message: daysAllowed, input: given });
        return z.NEVER;
      }
      for (const day of found) named.add(day);
    }
    if (named.size === 0) context.issues.push({ code: 'custom', message: daysAllowed, input: given });
    return days.filter((day) => named.has(day));
  });
}

/** `mon`, `mon-fri`, `sat-mon`, `daily`; empty for anything else. */
function daysIn(word: string): readonly Day[] {
  if (word === 'daily') return days;
  const [first = '', last = first, ...rest] = word.split('-');
  const [begin, end] = [days.indexOf(first as Day), days.indexOf(last as Day)];
  if (begin < 0 || end < 0 || rest.length > 0) return [];
  return begin <= end ? days.slice(begin, end + 1) : [...days.slice(begin), ...days.slice(0, end + 1)];
}

function time(example: string, form: RegExp) {
  const allowed = `must be a time of day such as '${example}'`;
  return z.string(allowed).regex(form, allowed);
}

/** 0 means that nothing runs, so it is no slip of somebody who wanted no limit. */
function windowRate() {
  const allowed = `${rateAllowed.replace('must be off', 'must be 0 (nothing runs), off (no limit)')}`;
  return z.union([z.literal(0), rate(allowed)], allowed);
}

/** `system` or an IANA name that this Node knows. */
export function timeZone() {
  const allowed = 'must be system, or a time zone such as Europe/Berlin';
  return z.string(allowed).refine((name) => name === 'system' || isTimeZone(name), allowed);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
