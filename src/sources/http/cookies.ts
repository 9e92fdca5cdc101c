import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import { Failure } from '../../downloads/failure.ts';

/** Cookies of a file and of what answers add to them; kept in memory only. */
export interface Cookies {
  /** The `Cookie` header for a link, by domain, path, `Secure` and expiry (RFC 6265 section 5.4); undefined: none. */
  headerFor(url: URL): Promise<string | undefined>;
  /** Takes the `Set-Cookie` lines of an answer; what is malformed or meant for others is passed over. */
  take(url: URL, lines: readonly string[]): Promise<void>;
}

const httpOnly = '#HttpOnly_';
/** What one host may leave here: as many cookies as browsers take, and bytes of one (RFC 6265 section 6.1). */
const mostOfHost = 180;
const longest = 4096;

/**
 * Reads a Netscape cookie file, as browsers' exports, curl and wget write it: domain, whether its
 * subdomains are meant, path, secure, expiry (epoch s; 0: the session), name, value, apart by tabs. Throws
 * `Failure('link')` that names the first line that is none, never its text.
 */
export async function cookiesFrom(text: string, path: string): Promise<Cookies> {
  const store = new MemoryCookieStore();
  for (const [n, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || (line.startsWith('#') && !line.startsWith(httpOnly))) continue;
    const cookie = cookieOf(line);
    if (!cookie) {
      throw new Failure(
        'link',
        `line ${n + 1} of the cookie file ${path} is no cookie; it must be in Netscape's format: seven fields apart by tabs`,
      );
    }
    await store.putCookie(cookie);
  }
  const jar = new CookieJar(store, { looseMode: true, rejectPublicSuffixes: true });
  return {
    headerFor: async (url) => latin1Of(await jar.getCookieString(url.href)) || undefined,
    async take(url, lines) {
      for (const line of lines.filter(({ length }) => length <= longest)) {
        const cookie = Cookie.parse(line, { loose: true });
        const domain = (cookie?.domain ?? url.hostname).toLowerCase();
        const there = await store.findCookies(domain, '', true);
        if (there.length >= mostOfHost && !there.some(({ key }) => key === cookie?.key)) continue;
        await jar.setCookie(line, url.href, { ignoreError: true });
      }
    },
  };
}

function cookieOf(line: string): Cookie | undefined {
  const isHttpOnly = line.startsWith(httpOnly);
  const fields = (isHttpOnly ? line.slice(httpOnly.length) : line).split('\t');
  const [domain = '', subdomains = '', path = '', secure = '', expiry = '', name = '', value = ''] = fields;
  const flags = [subdomains, secure].every((flag) => /^(?:TRUE|FALSE)$/i.test(flag));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not contain them
  const sendable = /^[^\u0000-\u0020\u007f;=]*$/.test(name) && /^[^\u0000-\u001f\u007f;]*$/.test(value);
  if (fields.length < 6 || fields.length > 7 || !flags || !sendable || domain === '' || !path.startsWith('/'))
    return undefined;
  if (!/^-?\d{1,15}(?:\.\d+)?$/.test(expiry)) return undefined;
  const seconds = Number(expiry);
  return new Cookie({
    key: name,
    value,
    domain: domain.replace(/^\./, '').toLowerCase(),
    path,
    secure: /^TRUE$/i.test(secure),
    httpOnly: isHttpOnly,
    hostOnly: /^FALSE$/i.test(subdomains),
    expires: seconds <= 0 ? 'Infinity' : new Date(Math.min(seconds * 1000, 8.64e15)),
  });
}

/** A header travels as latin1; what a file holds beyond that is sent as its bytes in UTF-8. */
function latin1Of(text: string): string {
  return /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
