import type { HostSettings } from './hosts.ts';

/** Keys of which the names of the headers are shown, not their values. */
const headersIn = /^(?:http\.headers|hosts\[.*\]\[headers\])(?:\[|$)/;

const mask = '***';

/** Headers that say nothing that anybody would hide, so that their values may stand in a log. */
const openHeaders = /^(?:accept(?:-.*)?|cache-control|content-type|dnt|origin|pragma|range|referer|user-agent)$/i;

/** A value of a key as a person may see it: one line, secrets masked, cut to 80 characters. */
export function shownValue(key: string, value: unknown): string {
  const text = JSON.stringify(maskValue(key, value)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The same value with what is secret in it replaced: the values of headers, and the userinfo of links. */
export function maskValue(key: string, value: unknown): unknown {
  return mapTexts(value, (text, isHeader) => (isHeader ? maskHeader(text) : maskUserinfo(text)), headersIn.test(key));
}

interface WithSecrets {
  readonly http: { readonly headers: readonly string[]; readonly proxy?: string | undefined };
  readonly hosts: Readonly<Record<string, Pick<HostSettings, 'headers' | 'proxy'>>>;
}

/** What must not reach any log: the values of headers that are sent to a host, and passwords of proxies. */
export function secretsOf({ http, hosts }: WithSecrets): readonly string[] {
  const all = [http, ...Object.values(hosts)];
  const headers = all.flatMap((section) => section.headers ?? []).flatMap(secretsOfHeader);
  return [...headers, ...all.flatMap(({ proxy }) => (proxy === undefined ? [] : passwordOf(proxy)))];
}

/** What is secret in `Name: value`: the value, and what stands behind the scheme of credentials. */
function secretsOfHeader(header: string): readonly string[] {
  const [name, value] = splitHeader(header);
  if (openHeaders.test(name) || value === '') return [];
  const [, credentials] = /^\w+\s+(\S.*)$/.exec(value) ?? [];
  return credentials === undefined ? [value] : [value, credentials];
}

function passwordOf(link: string): readonly string[] {
  const [, password] = /:\/\/[^/?#@:]*:([^/?#@]*)@/.exec(link) ?? [];
  return password === undefined || password === '' ? [] : [password];
}

function maskHeader(header: string): string {
  return header.includes(':') ? `${splitHeader(header)[0]}: ${mask}` : mask;
}

function maskUserinfo(text: string): string {
  return text.replaceAll(/(:\/\/)[^/?#\s]*@/g, `$1${mask}@`);
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
