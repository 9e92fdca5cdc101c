import type { ResumeToken } from '../../downloads/download.ts';
import type { Version } from './validators.ts';

/** What is stored of the file as it was at the last resolve; must hold in every later answer. */
export interface HttpToken extends Version {
  readonly total: number | null;
  /** Where the bytes came from after all redirects, without user name and password. */
  readonly url: string;
  /** The declared media type, without parameters. */
  readonly type?: string;
  /** Digests of the whole file that the server told: `sha-256=HEX`. */
  readonly digests?: readonly string[];
  /** True once bytes were joined without a strong validator: the result is `unverified`. */
  readonly doubtful?: boolean;
}

export function storedToken(token: HttpToken): ResumeToken {
  return { ...token };
}

/** Reads a token back; what is not understood counts as unknown, so that nothing is continued on it. Pure. */
export function readToken(stored: ResumeToken): HttpToken {
  const { total, url, type, etag, lastModified, doubtful } = stored;
  const hints = typeof stored.hints === 'object' && stored.hints !== null ? (stored.hints as ResumeToken) : {};
  const digests = Array.isArray(stored.digests) ? stored.digests.filter((one) => typeof one === 'string') : [];
  return {
    total: typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : null,
    url: typeof url === 'string' ? url : '',
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
    ...(doubtful === true ? { doubtful } : {}),
    ...(digests.length > 0 ? { digests } : {}),
    hints: {
      ...(typeof hints.etag === 'string' ? { etag: hints.etag } : {}),
      ...(typeof hints.lastModified === 'string' ? { lastModified: hints.lastModified } : {}),
    },
  };
}
