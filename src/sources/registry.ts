import { Failure } from '../downloads/failure.ts';
import { maskLinks } from '../log/redaction.ts';
import { shortLink } from './malformed.ts';
import type { Source } from './source.ts';

/** All sources of one instance. */
export interface Sources {
  /** The source for a link a person typed, or the one they named. Throws `Failure('link')` that names what was not understood. */
  forLink(link: string, name?: string): Source;
  /** The source a stored row names. Throws `Failure('link')` when this version has none of that name. */
  named(name: string): Source;
  /** Frees what all sources hold. Safe to call twice. */
  close(): Promise<void>;
}

/** A scheme (RFC 3986 section 3.1) that is followed by something other than a port or a drive's backslash. */
const scheme = /^\s*([a-z][a-z0-9+.-]+):(?!\d+(?:\/|$)|\\)/i;

/**
 * Asks the sources in their order; the first that accepts a link has it. `schemes` are the beginnings
 * that a person is shown when none does, such as `https://`.
 */
export function sourceRegistry(sources: readonly Source[], schemes: readonly string[]): Sources {
  const known = schemes.join(', ');
  return {
    forLink(link, name) {
      if (name !== undefined) return chosen(named(name), link);
      const source = sources.find((one) => one.accepts(link));
      if (source) return source;
      if (link.trim() === '') throw new Failure('link', `the link is empty; links begin with ${known}`);
      const given = scheme.exec(link)?.[1]?.toLowerCase();
      if (given === undefined) {
        throw new Failure('link', `${shortLink(link)} is not a link; links begin with ${known}`);
      }
      throw new Failure('link', `links of the kind ${given}: are not known; known are ${known}`);
    },
    named,
    async close() {
      await Promise.all(sources.map((one) => one.close()));
    },
  };

  function named(name: string): Source {
    const source = sources.find((one) => one.name === name);
    if (source) return source;
    const names = sources.map((one) => one.name).join(', ');
    throw new Failure('link', `there is no source named "${name}" in this version; there are ${names}`);
  }
}

function chosen(source: Source, link: string): Source {
  if (source.accepts(link)) return source;
  throw new Failure(
    'link',
    `the source ${source.name} does not take ${shortLink(maskLinks(link))}; leave --source out`,
  );
}
