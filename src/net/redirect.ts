import { Failure } from '../downloads/failure.ts';

/** One station on the way from a link to its answer. */
export interface Hop {
  readonly url: URL;
  /** Links asked before this one, without fragment. */
  readonly visited: readonly string[];
  /** False once the way has left the origin of the link: its credentials stay behind, also on the way back. */
  readonly trusted: boolean;
}

export interface RedirectRules {
  readonly mostHops: number;
  /** Follow from https to http. */
  readonly allowDowngrade: boolean;
}

export function firstHop(url: URL): Hop {
  return { url, visited: [], trusted: true };
}

/**
 * Where a `Location` leads (RFC 9110 section 10.2.2; the fragment is inherited). Pure. Throws a
 * `Failure` for a loop, too many hops, another scheme than http(s), a step from https to http
 * that is not allowed, or no usable Location.
 */
export function nextHop(hop: Hop, location: string | undefined, rules: RedirectRules): Hop {
  const from = hop.url.host;
  if (location === undefined) throw new Failure('protocol', `${from} redirects without saying where`);
  const url = URL.parse(asBytes(location.trim()), hop.url.href);
  if (!url) throw new Failure('protocol', `${from} redirects to something that is not a link`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('refused', `${from} redirects to a link of the kind ${url.protocol}, which is not followed`);
  }
  if (hop.url.protocol === 'https:' && url.protocol === 'http:' && !rules.allowDowngrade) {
    throw new Failure('refused', `${from} redirects from https to http; set http.allow_downgrade to follow it`);
  }
  url.username = '';
  url.password = '';
  if (url.hash === '') url.hash = hop.url.hash;
  const visited = [...hop.visited, withoutFragment(hop.url)];
  if (visited.includes(withoutFragment(url))) throw new Failure('refused', `${from} redirects in a circle`);
  if (visited.length > rules.mostHops) {
    throw new Failure('refused', `the link redirects more than ${rules.mostHops} times, last from ${from}`);
  }
  return { url, visited, trusted: hop.trusted && url.origin === hop.url.origin };
}

/** A header is read as latin1; servers that do not encode their links mean the bytes as they stand, mostly UTF-8. */
function asBytes(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function withoutFragment(url: URL): string {
  const bare = new URL(url.href);
  bare.hash = '';
  bare.username = '';
  bare.password = '';
  return bare.href;
}
