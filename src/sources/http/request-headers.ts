import { Failure } from '../../downloads/failure.ts';
import type { Header } from '../../net/http1/header.ts';
import { checkHeader } from '../../net/http1/request-head.ts';
import type { Login } from './netrc.ts';

/** Headers on which the transfer itself depends. */
const ours = new Set([
  'host',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'accept-encoding',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy-connection',
]);
/** Headers that may go to another origin than the link's; every other may be a secret. */
const harmless = new Set(['user-agent', 'accept', 'accept-language', 'referer', 'dnt', 'cache-control', 'pragma']);

/** What a person wants to be sent: from the config, the download, and the link's own user name and password. */
export interface Wanted {
  readonly userAgent: string;
  readonly referer?: string;
  /** `Name: value` of the config for all hosts; later ones replace earlier ones of the same name. */
  readonly lines: readonly string[];
  /** Those of the config for the very host that is asked. */
  readonly hostLines?: readonly string[];
  /** Those of the download. */
  readonly ownLines?: readonly string[];
  readonly link: URL;
  /** What a netrc file has for the host that is asked. */
  readonly netrc?: Login;
  readonly user?: string;
  readonly password?: string;
  readonly bearer?: string;
  /** The cookies that belong to the link that is asked. */
  readonly cookies?: string;
}

/**
 * Who is asked: the link's `own` origin; that of a `mirror`, which has only its own user name and password;
 * or a `foreign` one that a redirect led to.
 */
export type Asked = 'own' | 'mirror' | 'foreign';

/**
 * Headers of a request that do not depend on what is asked for. What may be a secret goes to the link's
 * own origin only; cookies, netrc and the config's settings of a host go to where they say. The more
 * exact goes before: netrc, config, host, link, download. Throws `Failure('link')` for a malformed
 * header, without repeating its value. Pure.
 */
export function requestHeaders(wanted: Wanted, asked: Asked): Header[] {
  const { link, netrc, referer, cookies, lines, hostLines = [], ownLines = [] } = wanted;
  const headers = new Map<string, Header>();
  const set = (name: string, value: string): void => {
    headers.delete(name.toLowerCase());
    headers.set(name.toLowerCase(), [name, value]);
  };
  const setIfHarmless = (name: string, value: string): void => {
    if (asked === 'own' || harmless.has(name.toLowerCase())) set(name, value);
  };
  set('User-Agent', wanted.userAgent);
  set('Accept', '*/*');
  if (referer !== undefined) set('Referer', referer);
  if (cookies !== undefined) set('Cookie', cookies);
  if (netrc) set('Authorization', basic(netrc.login, netrc.password));
  for (const line of lines) setIfHarmless(...parseHeader(line));
  for (const line of hostLines) set(...parseHeader(line));
  if (asked !== 'foreign' && (link.username !== '' || link.password !== '')) {
    set('Authorization', basic(decoded(link.username), decoded(link.password)));
  }
  if (asked === 'own' && wanted.user !== undefined) set('Authorization', basic(wanted.user, wanted.password ?? ''));
  if (asked === 'own' && wanted.bearer !== undefined) set('Authorization', `Bearer ${wanted.bearer}`);
  for (const line of ownLines) setIfHarmless(...parseHeader(line));
  return [...[...headers.values()].filter(([, value]) => value !== ''), ['Accept-Encoding', 'identity']];
}

/** Throws `Failure('link')` for a header that cannot be sent, without repeating its value. Pure. */
export function checkHeaders(lines: readonly string[]): void {
  for (const line of lines) parseHeader(line);
}

/** `Name: value`; an empty value leaves the header out. */
function parseHeader(line: string): Header {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Failure('link', 'a header is written as "Name: value"; one was given without a colon');
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  checkHeader(name, value);
  if (ours.has(name.toLowerCase())) {
    throw new Failure('link', `the header ${name} is set by Longhaul itself; leave it out`);
  }
  return [name, value];
}

/** RFC 7617, in UTF-8. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
