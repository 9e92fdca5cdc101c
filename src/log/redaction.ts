import { harmless } from './printable.ts';

/** Keeps secrets out of everything that is written: those it was told, and those it knows by their form. */
export interface Redactor {
  /** From now on this value is masked wherever it stands. Shorter than 4 characters it hides nothing and is not taken. */
  add(...secrets: readonly string[]): void;
  /** The text without secrets, and without what a terminal would obey (line feeds and tabs stay). */
  text(text: string): string;
  /** Facts as plain JSON data, every text in them treated like that. Never throws. */
  facts(facts: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

const mask = '***';
const shortestSecret = 4;

/** What is a secret in a link. Each keeps what stands before the secret, as its first group. */
const linkForms: readonly RegExp[] = [
  // userinfo of any URL
  /([a-z][a-z0-9+.-]{0,30}:[\\/]{2,4})[^\s/\\?#"'<>]+(?=@)/gi,
  // keys of MEGA links: /file/ID#KEY, /folder/ID#KEY/file/ID, and the old #!ID!KEY, #F!ID!KEY, #P!DATA
  /(\bmega(?:\.co)?\.(?:nz|io|app)\/(?:file|folder|embed|collection|album)\/[\w-]{1,64}(?:#|%23)(?:!|%21)?)[\w-]+/gi,
  /(\bmega(?:\.co)?\.(?:nz|io|app)\/(?:embed)?(?:#|%23)[a-z]?(?:!|%21)(?:[\w-]{1,64}(?:!|%21))?)[\w-]+/gi,
  // query parameters that let somebody in; what is masked already keeps the sentence that goes on after it
  /([?&;](?:pass|passwd|password|pwd|secret|token|access_token|auth|api_?key|key|sid|sig|signature|x-amz-(?:signature|credential|security-token))=)(?!\*{3}(?:[:;&#\s"'<>]|$))[^&;#\s"'<>]+/gi,
];

/** What is a secret in a header, to the end of the line. */
const headerForms: readonly RegExp[] = [
  /((?:proxy-)?authorization["']?\s{0,9}[:=]\s{0,9})\S[^\r\n]*/gi,
  /((?:set-)?cookie["']?\s{0,9}[:=]\s{0,9})\S[^\r\n]*/gi,
  /(\bbearer\s{1,9})[\w.~+/=-]{16,}/gi,
];

/** Names of facts whose text is never shown. */
const secretNames =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|pass|passwd|password|pwd|secret|token|access_token|api[_-]?key)$/i;

const most = { depth: 8, entries: 200, text: 16_384 } as const;

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  let longestFirst: readonly string[] = [];

  function add(...values: readonly string[]): void {
    for (const value of values)
      for (const form of writtenForms(value)) if (form.length >= shortestSecret) secrets.add(form);
    longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  }

  function masked(given: string): string {
    const known = longestFirst.reduce((result, secret) => result.replaceAll(secret, mask), given);
    return maskForms(known, [...linkForms, ...headerForms]);
  }

  function text(given: string): string {
    const first = masked(given);
    const safe = harmless(first);
    // A secret that was interrupted by control characters is whole only now.
    return safe === first ? safe : masked(safe);
  }

  const clean: Clean = (given) => {
    const result = text(given);
    return result.length <= most.text ? result : `${result.slice(0, most.text)}…`;
  };

  return { add, text, facts: (facts) => plainObject(facts, clean, []) };
}

/** A text in which every link has lost its user name, password, key and signature. */
export function maskLinks(text: string): string {
  return maskForms(text, linkForms);
}

function maskForms(text: string, forms: readonly RegExp[]): string {
  return forms.reduce((masked, form) => masked.replace(form, `$1${mask}`), text);
}

type Clean = (text: string) => string;

/** The ways in which one secret may stand in a text. */
function writtenForms(secret: string): readonly string[] {
  const wellFormed = secret.toWellFormed();
  return [secret, encodeURIComponent(wellFormed), encodeURI(wellFormed), JSON.stringify(wellFormed).slice(1, -1)];
}

/** `within`: the objects around this one, so that a circle ends. */
function plain(value: unknown, clean: Clean, within: readonly object[]): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return clean(String(value));
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (within.includes(value)) return '[circle]';
  if (within.length >= most.depth) return '[deep]';
  if (value instanceof Error) return { type: clean(value.name), ...plainObject(value, clean, within) };
  if (value instanceof URL) return clean(value.href);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return plainObject(Object.fromEntries(value), clean, [...within, value]);
  if (value instanceof Set || Array.isArray(value)) {
    return [...value].slice(0, most.entries).map((entry: unknown) => plain(entry, clean, [...within, value]));
  }
  return plainObject(value, clean, within);
}

function plainObject(object: object, clean: Clean, within: readonly object[]): Record<string, unknown> {
  const result: [string, unknown][] = [];
  try {
    for (const name of namesOf(object)) result.push([clean(name), property(object, name, clean, [...within, object])]);
  } catch {
    result.push(['unreadable', true]);
  }
  return Object.fromEntries(result);
}

/** An error says most in properties that are not enumerable. */
function namesOf(object: object): readonly string[] {
  const names = Object.keys(object);
  const own =
    object instanceof Error ? ['message', 'stack', 'cause'].filter((name) => Object.hasOwn(object, name)) : [];
  return [...new Set([...own, ...names])].slice(0, most.entries);
}

function property(object: object, name: string, clean: Clean, within: readonly object[]): unknown {
  try {
    const value: unknown = Reflect.get(object, name);
    if (secretNames.test(name) && value !== null && (typeof value === 'string' || typeof value === 'object'))
      return mask;
    return plain(value, clean, within);
  } catch {
    return '[unreadable]';
  }
}
