import { Failure } from '../../downloads/failure.ts';
import { type Header, tokenPattern } from './header.ts';

/** Tab, visible ASCII and obs-text (RFC 9110 section 5.5): no CR, LF, NUL, nothing above one byte. */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'MKCOL' | 'MOVE' | 'PROPFIND';

const targetPattern = /^[\x21-\x7e]+$/;

/**
 * The head of a request (RFC 9112), to be sent as latin1; the
 * `absolute` form of the target is for proxies. Throws `Failure('link')` for a header
 * or target that would break out of its line.
 */
export function requestHead(
  url: URL,
  headers: readonly Header[],
  form: 'origin' | 'absolute' = 'origin',
  method: Method = 'GET',
): string {
  const path = `${url.pathname}${url.search}`;
  const target = form === 'absolute' ? `${url.protocol}//${url.host}${path}` : path;
  if (!targetPattern.test(target) || !targetPattern.test(url.host)) {
    throw new Failure('link', 'the link contains characters that cannot be sent; percent-encode them');
  }
  let text = `${method} ${target} HTTP/1.1\r\nHost: ${url.host}\r\n`;
  for (const [name, value] of headers) {
    checkHeader(name, value);
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** Throws `Failure('link')` unless the header can be sent as it is; the message never repeats the value. */
export function checkHeader(name: string, value: string): void {
  if (!tokenPattern.test(name)) throw new Failure('link', `${JSON.stringify(name)} is not a header name`);
  if (!valuePattern.test(value)) {
    throw new Failure('link', `the value of the header ${name} contains a line break or a character outside latin1`);
  }
}
