import { parse } from 'content-disposition';
import type { ResponseHead } from '../../net/http1/response-head.ts';

/**
 * What the other side calls the file: `Content-Disposition` (RFC 6266, RFC 8187), else the last
 * segment of the link, preferring the redirected one where only that has an ending. Hostile until
 * `safeName`d. Never empty. Pure.
 */
export function nameOf(head: ResponseHead, final: URL, original: URL): string {
  const disposition = dispositionName(head.headers.get('content-disposition'));
  if (disposition) return disposition;
  const last = lastSegment(final);
  const first = lastSegment(original);
  const named = endingOf(last) !== '' || endingOf(first) === '' ? last || first : first;
  if (named) return named;
  return isHtml(mediaType(head)) ? 'index.html' : final.hostname;
}

/** The `filename*` or `filename` of a Content-Disposition; undefined where there is none. Pure; never throws. */
export function dispositionName(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  let name: string | undefined;
  try {
    name = parse(value).parameters.filename;
  } catch {
    return undefined;
  }
  if (!name) return undefined;
  return utf8Of(name).trim() || undefined;
}

/** Media type without parameters, lower case; empty when none was declared. */
export function mediaType(head: ResponseHead): string {
  return (head.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function isHtml(type: string): boolean {
  return type === 'text/html' || type === 'application/xhtml+xml';
}

/** The ending of a name without its dot, lower case; empty when there is none that looks like one. */
export function endingOf(name: string): string {
  const ending = /[^.]\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return /[a-z]/.test(ending) ? ending : '';
}

/** The last non-empty segment of the path, decoded where it can be. */
export function lastSegment(url: URL): string {
  const segment = url.pathname.split('/').findLast((part) => part !== '') ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Many servers send raw UTF-8 where only latin1 is allowed; what is valid UTF-8 was meant as such. */
function utf8Of(name: string): string {
  if (!/[\x80-\xff]/.test(name) || /[^\0-\xff]/.test(name)) return name;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(name, 'latin1'));
  } catch {
    return name;
  }
}
