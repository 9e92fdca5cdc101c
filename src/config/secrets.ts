/** Keys whose value is never shown. `http.headers` shows the names of the headers, not their values. */
const secretKeys = ['http.headers'] as const;

const mask = '***';

/** Headers that say nothing that anybody would hide, so that their values may stand in a log. */
const openHeaders = /^(?:accept(?:-.*)?|cache-control|content-type|dnt|origin|pragma|range|referer|user-agent)$/i;

/** A value of a key as a person may see it: one line, secrets masked, cut to 80 characters. */
export function shownValue(key: string, value: unknown): string {
  const text = JSON.stringify(maskValue(key, value)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The same value with what is secret in it replaced. */
export function maskValue(key: string, value: unknown): unknown {
  const secret = (secretKeys as readonly string[]).some((name) => key === name || key.startsWith(`${name}[`));
  return mapTexts(value, (text) => (secret ? maskHeader(text) : maskUserinfo(text)));
}

/** What must not reach any log: the values of the headers that are sent with every request. */
export function secretsOf(config: { readonly http: { readonly headers: readonly string[] } }): readonly string[] {
  return config.http.headers.flatMap((header) => {
    const [name, value] = splitHeader(header);
    if (openHeaders.test(name) || value === '') return [];
    const [, credentials] = /^\w+\s+(\S.*)$/.exec(value) ?? [];
    return credentials === undefined ? [value] : [value, credentials];
  });
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

function mapTexts(value: unknown, change: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || depth > 8) return depth > 8 ? mask : value;
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapTexts(entry, change, depth + 1)]));
}
