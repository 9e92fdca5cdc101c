import type { ResponseHead } from '../../net/http1/response-head.ts';
import type { Proof } from './judge.ts';
import { endingOf, lastSegment, mediaType } from './name.ts';
import type { HttpToken } from './token.ts';

/** What `resolve` hands to `fetch`; plain data. */
export interface HttpPlan {
  /** As given, with user name and password: never shown. */
  readonly link: string;
  /** Where the redirects led; all requests of the run go there. */
  readonly target: string;
  /** May credentials go to the target? */
  readonly trusted: boolean;
  readonly token: HttpToken;
  /** The number of the held answer; undefined when there is none. */
  readonly held?: number;
  /** Position in the file of the held answer's first byte. */
  readonly at: number;
  readonly proof: Proof;
  /** False: the server has shown that it cannot continue in the middle. */
  readonly ranges: boolean;
  /** Content coding that must be taken off while the bytes pass. */
  readonly encoding?: string;
  /** It is another link than the one that was asked for: no secret of that one's host goes there. */
  readonly isMirror?: boolean;
  /** Whether the first bytes must be looked at for a page in the place of the file. */
  readonly sniff: boolean;
}

/** Bytes before a joint that are fetched again and compared when no validator proves the version. */
export const overlapBytes: number = 256 * 1024;
/** A comparison of fewer bytes shows nothing: then the file is fetched from its beginning. */
export const leastOverlap = 4096;

/**
 * The content coding that came although identity was asked; undefined for none. A `.gz` that is
 * declared as gzip-coded is the file itself, as is a `.zst` with its coding: many servers label such files so. Pure.
 */
export function encodingOf(head: ResponseHead, link: URL): string | undefined {
  const codings = head.headers.members('content-encoding').map((coding) => coding.toLowerCase());
  const real = codings.filter((coding) => coding !== 'identity');
  if (real.length === 0) return undefined;
  const coding = real.join(', ').replaceAll('x-gzip', 'gzip');
  const own = ownCodings.find(({ name }) => name === coding);
  return own && (own.endings.includes(endingOf(lastSegment(link))) || own.type.test(mediaType(head)))
    ? undefined
    : coding;
}

/** Codings that are formats of files as well. */
const ownCodings: readonly { readonly name: string; readonly endings: readonly string[]; readonly type: RegExp }[] = [
  { name: 'gzip', endings: ['gz', 'tgz'], type: /^application\/(?:x-)?gzip$/ },
  { name: 'zstd', endings: ['zst', 'tzst'], type: /^application\/(?:x-)?zstd$/ },
];
