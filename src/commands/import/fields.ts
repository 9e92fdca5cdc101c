import type { Metadata } from '../../downloads/download.ts';

/** The fields of one foreign record: what is understood is taken, and what is left is kept. */
export interface Fields {
  /** A text that is not empty. */
  text(name: string): string | null;
  /** A whole number of 0 or more, also where it is written as a text. */
  whole(name: string): number | null;
  /** Epoch ms; a time without zone is one of `zone`. */
  time(name: string, zone: Zone): number | null;
  /** Everything that was not taken, or had another form than was asked for. */
  rest(): Metadata;
}

/** What a time without zone means: the clock on this machine's wall, or UTC. */
export type Zone = 'local' | 'utc';

export function fieldsOf(record: Readonly<Record<string, unknown>>): Fields {
  const left = new Map(Object.entries(record));
  function take<T>(name: string, read: (value: unknown) => T | null): T | null {
    const value = left.get(name);
    const taken = value === undefined || value === null ? null : read(value);
    if (taken !== null || value === null || value === '') left.delete(name);
    return taken;
  }
  return {
    text: (name) => take(name, (value) => (typeof value === 'string' && value.trim() !== '' ? value : null)),
    whole: (name) => take(name, wholeOf),
    time: (name, zone) => take(name, (value) => timeOf(value, zone)),
    rest: () => Object.fromEntries(left),
  };
}

/** A record, where a value is one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function wholeOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** ISO 8601 as Python, Go and PostgreSQL write it. */
const written = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

/** Epoch ms of a moment that was written down, or of a number of seconds or milliseconds; null for anything else. */
function timeOf(value: unknown, zone: Zone): number | null {
  if (typeof value === 'number') return soundTime(value < 1e11 ? value * 1000 : value);
  const match = typeof value === 'string' ? written.exec(value.trim()) : null;
  if (!match) return null;
  const [, day, clock, fraction = '', offset] = match;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const seconds = clock?.length === 5 ? `${clock}:00` : clock;
  return soundTime(Date.parse(`${day}T${seconds}.${milliseconds}${zoneText(offset, zone)}`));
}

/** As ECMAScript reads it; nothing behind the time is local time there. */
function zoneText(offset: string | undefined, zone: Zone): string {
  if (offset === undefined) return zone === 'utc' ? 'Z' : '';
  if (/^[zu]/i.test(offset)) return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** Nothing was downloaded before 1970, and nothing after the year 9999. */
function soundTime(at: number): number | null {
  const whole = Math.trunc(at);
  return whole >= 0 && whole < 253_402_300_800_000 ? whole : null;
}
