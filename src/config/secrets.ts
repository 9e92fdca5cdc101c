import type { HostSettings } from './hosts.ts';

/** Keys of which the names of the headers are shown, not their values. */
const headersIn = /^(?:http\.headers|(?:upload\.)?hosts\[.*\]\[headers\])(?:\[|$)/;
/** Keys of upload hosts whose texts are secret as a whole. */
const secretsIn = /^upload\.hosts\[.*\]\[(?:secret|fields)\](?:\[|$)/;
const secretKeys = new Set(['secret', 'fields']);
/** Fields of a form that let somebody in. */
const secretFields = /pass|secret|token|key|hash|auth|session/i;

const mask = '***';

/** Keys that are secrets as a whole. */
const whole = /^(?:mega|qbittorrent)\.(?:password|totp)$/;

/** Of the targets of notifications: links hold keys, and tokens are some. */
const notifying = /^notify(?:\[|$)/;
const secretOfTarget = new Set(['url', 'token']);
const placeOfTarget = /^notify\[.*\]\[(?:url|token)\]$/;

/** Headers that say nothing that anybody would hide, so that their values may stand in a log. */
const openHeaders = /^(?:accept(?:-.*)?|cache-control|content-type|dnt|origin|pragma|range|referer|user-agent)$/i;

/** A value of a key as a person may see it: one line, secrets masked, cut to 80 characters. */
export function shownValue(key: string, value: unknown): string {
  const text = JSON.stringify(maskValue(key, value)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The same value with what is secret in it replaced: the values of headers, and the userinfo of links. */
export function maskValue(key: string, value: unknown): unknown {
  if (whole.test(key) || placeOfTarget.test(key)) return value === undefined ? undefined : mask;
  if (notifying.test(key)) return maskTargets(value);
  const masked = key.startsWith('database.') ? maskDatabase : maskUserinfo;
  const texts = { header: maskHeader, secret: () => mask, other: masked };
  const begin = headersIn.test(key) ? 'header' : secretsIn.test(key) ? 'secret' : 'other';
  return mapTexts(value, (text, kind) => texts[kind](text), begin);
}

interface WithSecrets {
  readonly http: { readonly headers: readonly string[]; readonly proxy?: string | undefined };
  readonly hosts: Readonly<Record<string, Pick<HostSettings, 'headers' | 'proxy'>>>;
  readonly mega?: { readonly password?: string | undefined; readonly totp?: string | undefined };
  readonly notify?: Readonly<Record<string, TargetSecrets>>;
  readonly qbittorrent?: { readonly password?: string | undefined };
  readonly database?: { readonly url?: string | undefined; readonly owner_url?: string | undefined };
  readonly upload?: { readonly hosts: Readonly<Record<string, UploadSecrets>> };
}

interface UploadSecrets {
  readonly secret?: string | undefined;
  readonly headers?: readonly string[] | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

interface TargetSecrets {
  readonly url: string;
  readonly token?: string | undefined;
  readonly headers?: readonly string[] | undefined;
}

/** What must not reach any log: values of headers that are sent to a host, passwords of proxies, databases and accounts, secrets of upload hosts and of notifications. */
export function secretsOf({
  http,
  hosts,
  mega = {},
  notify = {},
  qbittorrent = {},
  database = {},
  upload,
}: WithSecrets): readonly string[] {
  const all = [http, ...Object.values(hosts)];
  const headers = all.flatMap((section) => section.headers ?? []).flatMap(secretsOfHeader);
  const links = [...all.map(({ proxy }) => proxy), database.url, database.owner_url];
  const passwords = links.flatMap((link) => (link === undefined ? [] : passwordsOf(link)));
  const own = [mega.password, mega.totp, qbittorrent.password].filter((secret) => secret !== undefined);
  const uploads = Object.values(upload?.hosts ?? {}).flatMap(secretsOfUpload);
  const targets = Object.values(notify).flatMap(secretsOfTarget);
  return [...new Set([...headers, ...passwords, ...uploads, ...own, ...targets])];
}

/** What follows the host of a link is its key. */
function secretsOfTarget({ url, token, headers = [] }: TargetSecrets): readonly string[] {
  const [, rest = ''] = /^\w+:\/\/[^/?#]*\/?(.*)$/s.exec(url) ?? [];
  const keys = [rest, token ?? ''].filter((text) => text.length >= 8);
  return [...keys, ...passwordsOf(url), ...headers.flatMap(secretsOfHeader)];
}

function secretsOfUpload({ secret, headers = [], fields = {} }: UploadSecrets): readonly string[] {
  const inFields = Object.entries(fields).flatMap(([name, text]) => (secretFields.test(name) ? [text] : []));
  return [...(secret === undefined ? [] : [secret]), ...headers.flatMap(secretsOfHeader), ...inFields];
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

/** A target, or all of them. */
function maskTargets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => (typeof entry === 'string' ? maskHeader(entry) : entry));
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    secretOfTarget.has(key) ? mask : maskTargets(entry),
  ]);
  return Object.fromEntries(entries);
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

type TextKind = 'header' | 'secret' | 'other';

function mapTexts(
  value: unknown,
  change: (text: string, kind: TextKind) => string,
  kind: TextKind,
  depth = 0,
): unknown {
  if (typeof value === 'string') return change(value, kind);
  if (typeof value !== 'object' || value === null || depth > 8) {
    return depth > 8 || (kind === 'secret' && value !== null) ? mask : value;
  }
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change, kind, depth + 1));
  const entries = Object.entries(value).map(([key, entry]) => {
    const inner = key === 'headers' ? 'header' : secretKeys.has(key) ? 'secret' : kind;
    return [key, mapTexts(entry, change, inner, depth + 1)];
  });
  return Object.fromEntries(entries);
}
