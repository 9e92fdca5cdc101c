import { createHmac } from 'node:crypto';

/** What a known_hosts file says of a host's key. */
export type HostVerdict = 'known' | 'unknown' | 'other' | 'revoked';

interface Line {
  readonly marker: string;
  readonly type: string;
  readonly key: string;
}

/**
 * Holds a host key (wire form, RFC 4253 section 6.6) against a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS
 * FILE FORMAT"): names, `[name]:port`, patterns with `*`, `?` and `!`, hashed names. `other`: the host is
 * known with another key of the same type. Certificates of authorities are not understood and count as
 * unknown. No package reads this format. Pure; never throws.
 */
export function hostVerdict(knownHosts: string, place: { host: string; port: number }, key: Uint8Array): HostVerdict {
  const blob = Buffer.from(key).toString('base64');
  const type = typeOf(key);
  const lines = linesFor(knownHosts, place);
  if (lines.some((line) => line.marker === '@revoked' && line.key === blob)) return 'revoked';
  const own = lines.filter((line) => line.marker === '');
  if (own.some((line) => line.key === blob)) return 'known';
  return own.some((line) => line.type === type) ? 'other' : 'unknown';
}

/** The key types with which a host is known, so that it is asked for one of them. */
export function knownTypes(knownHosts: string, place: { host: string; port: number }): string[] {
  return [...new Set(linesFor(knownHosts, place).flatMap((line) => (line.marker === '' ? [line.type] : [])))];
}

function linesFor(text: string, { host, port }: { host: string; port: number }): Line[] {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  return text.split('\n').flatMap((raw) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const fields = line.split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? (fields.shift() ?? '') : '';
    const [names = '', type = '', key = ''] = fields;
    return type !== '' && key !== '' && isNamed(names, name) ? [{ marker, type, key: padded(key) }] : [];
  });
}

function isNamed(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = names.split('|');
    return salt !== '' && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let named = false;
  for (const pattern of names.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!fits(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    named = true;
  }
  return named;
}

/** Compared step by step: a regular expression made of foreign text could take for ever. */
function fits(pattern: string, name: string): boolean {
  let [at, star, mark] = [0, -1, 0];
  let place = 0;
  while (place < name.length) {
    if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[place]) && pattern[at] !== '*') {
      at += 1;
      place += 1;
    } else if (pattern[at] === '*') {
      star = at;
      mark = place;
      at += 1;
    } else if (star !== -1) {
      at = star + 1;
      mark += 1;
      place = mark;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

function padded(key: string): string {
  return Buffer.from(key, 'base64').toString('base64');
}

/** The key's type stands at its beginning, with its length before it. */
function typeOf(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return bytes.toString('latin1', 4, 4 + Math.min(length, 64));
}
