import type { HostSettings } from './hosts.ts';

/** Keys of which the names of the headers are shown, not their values. */
const headersIn = /^(?:http\.headers|hosts\[.*\]\[headers\])(?:\[|$)/;

const mask = '***';

/** Keys that are secrets as a whole. */
const whole = /^mega\.(?:password|totp)$/;

/** Headers that say nothing that anybody would hide, so that their values may stand in a log. */
const openHeaders = /^(?:accept(?:-.*)?|cache-control|content-type|dnt|origin|pragma|range|referer|user-agent)$/i;

/** A value of a key as a person may see it: one line, secrets masked, cut to 80 characters. */
export function shownValue(key: string, value: unknown): string {
  const text = JSON.stringify(maskValue(key, value)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The same value with what is secret in it replaced: the values of headers, and the userinfo of links. */
export function maskValue(key: string, value: unknown): unknown {
  if (whole.test(key)) return value === undefined ? undefined : mask;
  const masked = key.startsWith('database.') ? maskDatabase : maskUserinfo;
  return mapTexts(value, (text, isHeader) => (isHeader ? maskHeader(text) : masked(text)), headersIn.test(key));
}

interface WithSecrets {
  readonly http: { readonly headers: readonly string[]; readonly proxy?: string | undefined };
  readonly hosts: Readonly<Record<string, Pick<HostSettings, 'headers' | 'proxy'>>>;
  readonly mega?: { readonly password?: string | undefined; readonly totp?: string | undefined };
  readonly database?: { readonly url?: string | undefined; readonly owner_url?: string | undefined };
}

/** What must not reach any log: the values of headers that are sent to a host, and passwords of proxies, databases and accounts. */
export function secretsOf({ http, hosts, mega = {}, database = {} }: WithSecrets): readonly string[] {
  const all = [http, ...Object.values(hosts)];
  const headers = all.flatMap((section) => section.headers ?? []).flatMap(secretsOfHeader);
  const links = [...all.map(({ proxy }) => proxy), database.url, database.owner_url];
  const passwords = links.flatMap((link) => (link === undefined ? [] : passwordsOf(link)));
  const own = [mega.password, mega.totp].filter((secret) => secret !== undefined);
  return [...new Set([...headers, ...passwords, ...own])];
}

/** What is secret in `Name: value`: the value, and what stands behind the scheme of credentials. */
function secretsOfHeader(header: string): readonly string[] {
  const [name, value] = splitHeader(header);
  if (openHeaders.test(name) || value === '') return [];
  const [, credentials] = /^\w+\s+(\S.*)$/.exec(value) ?? [];
  return credentials === undefined ? [value] : [value, credentials];
}

/** As it is written, and as it is meant. */
function passwordsOf(link: string): readonly string[] {
  const [, inUser = ''] = /:\/\/[^/?#@:]*:([^/?#@]*)@/.exec(link) ?? [];
  const [, inQuery = ''] = /[?&]password=([^&#]*)/i.exec(link) ?? [];
  return [inUser, inQuery].filter((password) => password !== '').flatMap((password) => [password, decoded(password)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function maskHeader(header: string): string {
  return header.includes(':') ? `${splitHeader(header)[0]}: ${mask}` : mask;
}

function maskUserinfo(text: string): string {
  return text.replaceAll(/(:\/\/)[^/?#\s]*@/g, `$1${mask}@`);
}

/** Of a database's link, however it is written: also what stands in its query, where a password may be. */
function maskDatabase(text: string): string {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) return mask;
  return text.replace(/(:\/\/).*@/s, `$1${mask}@`).replace(/\?.*$/s, `?${mask}`);
}

function splitHeader(header: string): readonly [name: string, value: string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
}

function mapTexts(
  value: unknown,
  change: (text: string, isHeader: boolean) => string,
  isHeader: boolean,
  depth = 0,
): unknown {
  if (typeof value === 'string') return change(value, isHeader);
  if (typeof value !== 'object' || value === null || depth > 8) return depth > 8 ? mask : value;
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change, isHeader, depth + 1));
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    mapTexts(entry, change, isHeader || key === 'headers', depth + 1),
  ]);
  return Object.fromEntries(entries);
}
