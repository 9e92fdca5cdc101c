import type { Integrity } from '../../downloads/download.ts';
import type { Framing } from '../../net/http1/body.ts';

export interface IntegrityFacts {
  /** The file's version was known by one strong validator in every answer. */
  readonly validated: boolean;
  /** Bytes were joined without a validator at some time. */
  readonly doubtful: boolean;
  /** The size was announced before the end came. */
  readonly sized: boolean;
  /** How the last body ended; undefined when none was needed. */
  readonly framing: Framing['kind'] | undefined;
}

/** How sure we are of a complete file (architecture.md, Integrity). Pure. */
export function integrityOf({ validated, doubtful, sized, framing }: IntegrityFacts): Integrity {
  if (doubtful) return 'unverified';
  if (!sized) return framing === 'close' || framing === undefined ? 'unverified' : 'length';
  return validated ? 'validator' : 'length';
}
