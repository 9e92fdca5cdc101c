import { Failure } from '../../downloads/failure.ts';
import type { Header } from '../../net/http1/header.ts';
import { checkHeader } from '../../net/http1/request-head.ts';

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

/** What a person wants to be sent: from the config, the download and the link's own user name and password. */
export interface Wanted {
  readonly userAgent: string;
  /** `Name: value`, later ones replace earlier ones of the same name. */
  readonly lines: readonly string[];
  readonly link: URL;
}

/**
 * Headers of a request that do not depend on what is asked for. `trusted` false: it goes to another
 * origin than the link's, and nothing that may be a secret goes with it. Throws `Failure('link')` for
 * a malformed header, without repeating its value. Pure.
 */
export function requestHeaders(wanted: Wanted, trusted: boolean): Header[] {
  const headers = new Map<string, Header>();
  const set = (name: string, value: string): void => {
    headers.delete(name.toLowerCase());
    headers.set(name.toLowerCase(), [name, value]);
  };
  set('User-Agent', wanted.userAgent);
  set('Accept', '*/*');
  const credentials = basicCredentials(wanted.link);
  if (credentials) set('Authorization', credentials);
  for (const line of wanted.lines) set(...parseHeader(line));
  const all = [...headers.values()].filter(
    ([name, value]) => value !== '' && (trusted || harmless.has(name.toLowerCase())),
  );
  return [...all, ['Accept-Encoding', 'identity']];
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
function basicCredentials(link: URL): string | undefined {
  if (link.username === '' && link.password === '') return undefined;
  const pair = `${decoded(link.username)}:${decoded(link.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
