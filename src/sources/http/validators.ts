import { httpDate } from '../../net/http1/http-date.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';

/**
 * What an answer says of the file's version. `etag` (strong) or `lastModified` may stand in
 * `If-Range`; `hints` only ever prove that a file has changed.
 */
export interface Version {
  readonly etag?: string;
  readonly lastModified?: string;
  readonly hints?: { readonly etag?: string; readonly lastModified?: string };
}

/** RFC 9110 section 8.8.3, without the weak ones. */
const strong = /^"[\x21\x23-\x7e\x80-\xff]*"$/;
/** A date is a strong validator when it is this much older than the answer (RFC 9110 section 8.8.2.2), ms. */
const settled = 60_000;

/** Pure. */
export function versionOf(head: ResponseHead): Version {
  const etag = head.headers.get('etag');
  const lastModified = head.headers.get('last-modified');
  if (etag !== undefined && strong.test(etag)) return { etag };
  const modified = httpDate(lastModified);
  const date = httpDate(head.headers.get('date'));
  if (
    etag === undefined &&
    lastModified &&
    modified !== undefined &&
    date !== undefined &&
    date - modified >= settled
  ) {
    return { lastModified };
  }
  const hints = { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
  return Object.keys(hints).length > 0 ? { hints } : {};
}

/** The value for `If-Range`. */
export function validatorOf(version: Version): string | undefined {
  return version.etag ?? version.lastModified;
}

/** `same` only under an equal strong validator; `different` when anything differs; otherwise `unproved`. Pure. */
export function compareVersion(stored: Version, head: ResponseHead): 'same' | 'different' | 'unproved' {
  const etag = head.headers.get('etag');
  const lastModified = head.headers.get('last-modified');
  if (stored.etag !== undefined) {
    if (etag === stored.etag) return 'same';
    return etag === undefined || etag.startsWith('W/') ? 'unproved' : 'different';
  }
  if (stored.lastModified !== undefined) {
    if (lastModified === stored.lastModified) return 'same';
    return lastModified === undefined ? 'unproved' : 'different';
  }
  const { hints = {} } = stored;
  const differs = (one: string | undefined, other: string | undefined): boolean =>
    one !== undefined && other !== undefined && one !== other;
  return differs(hints.etag, etag) || differs(hints.lastModified, lastModified) ? 'different' : 'unproved';
}
