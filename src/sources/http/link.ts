import { createHash } from 'node:crypto';
import { malformedLink, namesNoHost } from '../malformed.ts';

const webLink = /^\s*https?:\/\//i;

/** True for what is meant as a web link, also a malformed one. Pure. */
export function isWebLink(link: string): boolean {
  return webLink.test(link);
}

/** Throws `Failure('link')`, which names the link without what may be a password. Pure. */
export function parseLink(link: string): URL {
  const url = webLink.test(link) && !namesNoHost(link) ? URL.parse(link.trim()) : null;
  if (!url) throw malformedLink(link, 'https://host/path');
  return url;
}

/**
 * The normal form: scheme and host in lower case, no default port, no fragment. User name and
 * password only count as a digest, since a key may be shown. Pure.
 */
export function linkKey(link: string): string {
  const url = parseLink(link);
  const user = url.username || url.password ? `${url.username}:${url.password}` : '';
  url.hash = user && `user-${createHash('sha256').update(user).digest('hex').slice(0, 16)}`;
  url.username = '';
  url.password = '';
  return url.href;
}

/** Without what nobody should see: user name, password, fragment. */
export function withoutSecrets(url: URL): string {
  const bare = new URL(url.href);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return bare.href;
}
