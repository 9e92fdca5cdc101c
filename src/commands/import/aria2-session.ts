import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import type { DownloadOptions } from '../../downloads/download.ts';
import { formatChecksum, parseChecksum } from '../../verify/checksum.ts';
import type { Line } from './line-splitter.ts';
import { emptyRow, type Found } from './read-row.ts';

interface Entry {
  readonly line: number;
  readonly links: readonly string[];
  readonly options: Map<string, string[]>;
}

/**
 * Reads what aria2 saves with `--save-session`: links of one file in a line, tabs between them, and its options
 * indented below. https://aria2.github.io/manual/en/html/aria2c.html#input-file
 */
export class SessionReader {
  #entry: Entry | undefined;

  line({ number, text }: Line): Found[] {
    if (text === undefined) return [...this.#taken(), { line: number, wrong: 'the line is longer than 4 MiB' }];
    const bare = text.replaceAll('\0', '');
    if (bare.trim() === '' || bare.startsWith('#')) return [];
    if (/^[ \t]/.test(bare)) return this.#option(number, bare.trim());
    const links = bare.split('\t').flatMap((link) => (link.trim() === '' ? [] : [link.trim()]));
    const before = this.#taken();
    if (!links.every((link) => linkForm.test(link))) return [...before, { line: number, wrong: 'the line is no link' }];
    this.#entry = { line: number, links, options: new Map() };
    return before;
  }

  end(): Found[] {
    return this.#taken();
  }

  #option(line: number, text: string): Found[] {
    const at = text.indexOf('=');
    if (at < 1) return [{ line, wrong: 'the line is no option' }];
    if (!this.#entry) return [{ line, wrong: 'the option belongs to no link' }];
    const name = text.slice(0, at);
    this.#entry.options.set(name, [...(this.#entry.options.get(name) ?? []), text.slice(at + 1)]);
    return [];
  }

  #taken(): Found[] {
    const entry = this.#entry;
    this.#entry = undefined;
    return entry ? foundIn(entry) : [];
  }
}

const linkForm = /^(?:[a-z][a-z0-9+.-]+:\S|\/|\.{1,2}\/)|\.(?:torrent|meta4|metalink)$/i;

function foundIn({ line, links, options: given }: Entry): Found[] {
  const [link = '', ...mirrors] = links;
  const left = new Map(given);
  const taken = (name: string): string | null => {
    const value = left.get(name)?.at(-1) ?? null;
    left.delete(name);
    return value === '' ? null : value;
  };
  const { options, wrong } = optionsOf(left, taken);
  const [gid, directory, paused] = [taken('gid'), taken('dir'), taken('pause') === 'true'];
  const own = [link, directory, options.name].join('\0');
  const row = {
    ...emptyRow(line, 'aria2', gid ?? createHash('sha256').update(own).digest('hex').slice(0, 32)),
    link,
    status: paused ? 'paused' : 'pending',
    name: options.name ?? null,
    directory,
    options: mirrors.length === 0 ? options : { ...options, mirrors: webLinks(mirrors) },
    metadata: restOf(left),
  } as const;
  return [row, ...wrong.map((sentence) => ({ line, wrong: sentence }))];
}

function optionsOf(
  left: Map<string, string[]>,
  taken: (name: string) => string | null,
): { options: DownloadOptions; wrong: string[] } {
  const wrong: string[] = [];
  const headers = (left.get('header') ?? []).filter((header) => headerForm.test(header));
  if (headers.length < (left.get('header') ?? []).length) wrong.push('a header is damaged and is left out');
  left.delete('header');
  const checksum = checksumOf(taken('checksum'), wrong);
  const proxy = taken('all-proxy') ?? taken('https-proxy') ?? taken('http-proxy');
  const cookieFile = taken('load-cookies');
  const given = {
    name: nameOf(taken('out'), wrong),
    headers: headers.length === 0 ? undefined : headers,
    checksum,
    referer: textOf(taken('referer')),
    userAgent: textOf(taken('user-agent')),
    user: textOf(taken('http-user') ?? taken('ftp-user')),
    password: textOf(taken('http-passwd') ?? taken('ftp-passwd')),
    maxTries: wholeOf(taken('max-tries'), 1, 1_000_000),
    retryWait: seconds(taken('retry-wait')),
    connections: wholeOf(taken('split'), 1, 64),
    rate: rateOf(taken('max-download-limit')),
    proxy: proxy !== null && proxyForm.test(proxy) ? proxy : undefined,
    cookieFile: cookieFile !== null && isAbsolute(cookieFile) ? cookieFile : undefined,
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { options: options as DownloadOptions, wrong };
}

/** As `--header` and `--proxy` take them. */
const headerForm = /^[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\xa0-\xff]*$/;
const proxyForm = /^(?:http|socks5h?):\/\/[^/?#\s]+\/?$/i;

function textOf(value: string | null): string | undefined {
  return value === null || value === '*' || /[\p{Cc}\ufffd]/u.test(value) ? undefined : value;
}

/** `out` may hold a folder in aria2; here it is a name. */
function nameOf(value: string | null, wrong: string[]): string | undefined {
  const name = value?.split('/').at(-1) ?? null;
  if (name === null || name === '' || name === '.' || name === '..') return undefined;
  if (!/[\p{Cc}\ufffd]/u.test(name) && Buffer.byteLength(name) <= 255) return name;
  wrong.push('the name (out) is damaged and is left out');
  return undefined;
}

function checksumOf(value: string | null, wrong: string[]): string | undefined {
  if (value === null) return undefined;
  try {
    return formatChecksum(parseChecksum(value));
  } catch {
    wrong.push('the checksum is none that is known and is left out: the file will not be held against it');
    return undefined;
  }
}

function wholeOf(value: string | null, least: number, most: number): number | undefined {
  const number = value !== null && /^\d{1,7}$/.test(value) ? Number(value) : 0;
  return number < least ? undefined : Math.min(number, most);
}

function seconds(value: string | null): number | undefined {
  const whole = wholeOf(value, 1, 86_400);
  return whole === undefined ? undefined : whole * 1000;
}

/** Bytes a second; 0 is no limit. aria2's K and M are powers of two. */
function rateOf(value: string | null): number | undefined {
  const match = /^(\d{1,9})([KM]?)$/i.exec(value ?? '');
  const factor = { '': 1, K: 1024, M: 1_048_576 }[(match?.[2] ?? '').toUpperCase()] ?? 1;
  const rate = Number(match?.[1] ?? 0) * factor;
  return rate === 0 ? undefined : rate;
}

function webLinks(mirrors: readonly string[]): string[] {
  return [...new Set(mirrors)].filter((mirror) => /^https?:\/\//i.test(mirror) && !/[\p{Cc}\ufffd]/u.test(mirror));
}

/** What Longhaul has no place for; what may be a secret is not kept. */
function restOf(left: ReadonlyMap<string, readonly string[]>): Record<string, unknown> {
  const kept = [...left].filter(([name]) => !/pass|secret|token|auth|cookie|key|proxy/i.test(name));
  return Object.fromEntries(kept.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}
