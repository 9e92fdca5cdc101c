import type { RetryReason } from './waiting.ts';

/**
 * Why a try at a download ended. The class answers for the retry, so that nobody compares message
 * texts: whoever catches a failure asks it (`outcomeOf`).
 *
 * | class | example | retry |
 * |---|---|---|
 * | network | refused, reset, timed out, short body | now, with backoff |
 * | offline | no route, no name server | later; does not count as a try |
 * | rate_limit | 429, 503 with Retry-After | later |
 * | quota | 509, a host's own quota | later; does not count as a try |
 * | no_space | ENOSPC, EDQUOT | later; does not count as a try |
 * | server | 5xx | now, with backoff |
 * | changed | the file is another one than before | now, from the beginning |
 * | refused | 401, 403, 404, 410 | never |
 * | link | malformed link, unknown scheme, no such host | never |
 * | tls | a certificate that does not hold | never |
 * | protocol | an answer that is not HTTP, excess body | now, with backoff |
 * | suspect | HTML where a file was expected | never |
 * | stream | a stream in pieces, not a file | now, by the source that fetches those |
 * | unsupported | DASH, DRM, an encrypted rar: nothing here can do it, now or later | never |
 * | gone | deleted at MEGA, taken down | never |
 * | media | not a film, no sound in it, cut off, protected | never |
 * | program | a program that is needed is not installed, or cannot do it | never |
 * | checksum | bytes differ from the digest | never (one refetch comes first) |
 * | disk | not writable, EIO | never |
 * | lost | the lease went to somebody else | not ours to decide |
 * | internal | a bug of ours | never |
 */
export const failureClasses = [
  'network',
  'offline',
  'rate_limit',
  'quota',
  'no_space',
  'server',
  'changed',
  'refused',
  'link',
  'tls',
  'protocol',
  'suspect',
  'stream',
  'unsupported',
  'gone',
  'media',
  'program',
  'checksum',
  'disk',
  'lost',
  'internal',
] as const;

export type FailureClass = (typeof failureClasses)[number];

/** `later.at`: epoch ms, where the other side named the time. */
export type Retry =
  | { readonly when: 'now' }
  | { readonly when: 'later'; readonly reason: RetryReason; readonly at?: number }
  | { readonly when: 'never' };

const retryOf: Record<FailureClass, Retry> = {
  network: { when: 'now' },
  offline: { when: 'later', reason: 'offline' },
  rate_limit: { when: 'later', reason: 'rate_limit' },
  quota: { when: 'later', reason: 'quota' },
  no_space: { when: 'later', reason: 'no_space' },
  server: { when: 'now' },
  changed: { when: 'now' },
  refused: { when: 'never' },
  link: { when: 'never' },
  tls: { when: 'never' },
  protocol: { when: 'now' },
  suspect: { when: 'never' },
  stream: { when: 'now' },
  unsupported: { when: 'never' },
  gone: { when: 'never' },
  media: { when: 'never' },
  program: { when: 'never' },
  checksum: { when: 'never' },
  disk: { when: 'never' },
  lost: { when: 'never' },
  internal: { when: 'never' },
};

interface FailureOptions {
  readonly cause?: unknown;
  readonly retry?: Retry;
  readonly file?: number | undefined;
}

/**
 * A failure with its class. The message is one sentence for a person: what happened and, where
 * there is something to do, what to do next. No secrets, no stack.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly class: FailureClass;
  readonly retry: Retry;
  /** The position of the one file that it is about; undefined: it says nothing of the others' being well. */
  readonly file: number | undefined;

  constructor(failureClass: FailureClass, message: string, { cause, retry, file }: FailureOptions = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.class = failureClass;
    this.retry = retry ?? retryOf[failureClass];
    this.file = file;
  }
}

/** What the store keeps of a failure. */
export interface ErrorFacts {
  readonly class: FailureClass;
  readonly message: string;
}

/** Any thrown thing as a `Failure`; what is not one is a bug and becomes `internal`. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure('internal', `unexpected error: ${text}`, { cause: thrown });
}
