/** What holds for one host, as the section `hosts` writes it. */
export interface HostSettings {
  readonly headers?: readonly string[] | undefined;
  readonly user_agent?: string | undefined;
  readonly referer?: string | undefined;
  readonly connections?: number | undefined;
  readonly rate?: number | 'off' | undefined;
  readonly slots?: number | undefined;
  /** A URL, or `none`. */
  readonly proxy?: string | undefined;
  readonly ca_file?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** `example.org`, `*.example.org`, `[::1]`, each with or without `:port`. */
export const hostPattern: RegExp =
  /^(?:\*\.)?(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/u;

/**
 * What holds for `host` (`name` or `name:port`, an IPv6 address in brackets): of all entries that fit,
 * from `*.org` over `*.example.org` to `example.org` and `example.org:8443`, the more exact one wins for
 * each key; headers add up. Pure.
 */
export function settingsOfHost(hosts: Readonly<Record<string, HostSettings>>, host: string): HostSettings {
  const found = Object.entries(hosts)
    .map(([pattern, settings]) => ({ settings, rank: fit(pattern.toLowerCase(), host.toLowerCase()) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => a.rank - b.rank);
  if (found.length === 0) return {};
  const headers = found.flatMap(({ settings }) => settings.headers ?? []);
  const merged: Record<string, unknown> = {};
  for (const { settings } of found) {
    for (const [key, value] of Object.entries(settings)) if (value !== undefined) merged[key] = value;
  }
  return { ...merged, ...(headers.length === 0 ? {} : { headers }) };
}

/** 0: does not fit; the larger the more exact. */
function fit(pattern: string, host: string): number {
  const own = portOf(pattern);
  const asked = portOf(host);
  if (own.port !== undefined && own.port !== asked.port) return 0;
  const exactness = own.port === undefined ? 0 : 0.5;
  if (own.name === asked.name) return 10_000 + exactness;
  if (own.name.startsWith('*.') && asked.name.endsWith(own.name.slice(1))) return own.name.length + exactness;
  return 0;
}

function portOf(host: string): { readonly name: string; readonly port: string | undefined } {
  const [, name = host, port] = /^(.*[^:\]]|\[.*\]):(\d+)$/.exec(host) ?? [];
  return { name, port };
}
