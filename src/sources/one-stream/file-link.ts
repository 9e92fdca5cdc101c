import { createHash } from 'node:crypto';
import { malformedLink, namesNoHost } from '../malformed.ts';

/** One file on a server that is no web server. */
export interface FileLink {
  /** A name or an address, without brackets; lower case. */
  readonly host: string;
  readonly port: number;
  /** Empty: none was given. */
  readonly user: string;
  readonly password: string;
  /** Decoded, with its leading slash. */
  readonly path: string;
}

/** How links of one scheme (`ftp`) are read. */
export interface FileLinks {
  accepts(link: string): boolean;
  /** Throws `Failure('link')` that names the link without what may be a password. */
  parse(link: string): FileLink;
  /** User name and password only count as a digest, since a key may be shown. */
  keyOf(link: string): string;
}

/** Pure. `scheme` without colon. */
function fileLinks(scheme: string, defaultPort: number): FileLinks {
  const beginning = new RegExp(`^\\s*${scheme}://`, 'i');
  const malformed = (link: string) => malformedLink(link, `${scheme}://host/path/file`);

  function urlOf(link: string): URL {
    // The parser knows the rules of hosts only for web links; those are the same ones.
    const url =
      beginning.test(link) && !namesNoHost(link) ? URL.parse(link.trim().replace(beginning, 'http://')) : null;
    if (!url || url.hostname === '') throw malformed(link);
    return url;
  }

  function parse(link: string): FileLink {
    const url = urlOf(link);
    const path = decoded(url.pathname.replace(/;type=[aid]$/i, ''));
    const [user, password] = [decoded(url.username), decoded(url.password)];
    if (path === undefined || user === undefined || password === undefined || path.endsWith('/')) throw malformed(link);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the command they stand in
    if (/[\u0000-\u001f\u007f]/.test(path + user + password)) throw malformed(link);
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url, link), user, password, path };
  }

  /** The stand-in parser drops the web's default port. */
  function portOf(url: URL, link: string): number {
    if (url.port !== '') return Number(url.port);
    return /^[^/]*\/\/[^/?#]*:0*80(?:[/?#]|\s*$)/.test(link) ? 80 : defaultPort;
  }

  return {
    accepts: (link) => beginning.test(link),
    parse,
    keyOf(link) {
      const { host, port, path, user, password } = parse(link);
      const digest = /#user-([0-9a-f]{16})$/.exec(link.trim())?.[1];
      const secret =
        user || password ? createHash('sha256').update(`${user}:${password}`).digest('hex').slice(0, 16) : digest;
      const name = host.includes(':') ? `[${host}]` : host;
      const place = `${name}${port === defaultPort ? '' : `:${port}`}`;
      const encoded = path.split('/').map(encodeURIComponent).join('/');
      return `${scheme}://${place}${encoded}${secret ? `#user-${secret}` : ''}`;
    },
  };
}

export const ftpLinks: FileLinks = fileLinks('ftp', 21);
export const sftpLinks: FileLinks = fileLinks('sftp', 22);

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
