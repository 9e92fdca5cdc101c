import { Failure } from '../../downloads/failure.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';
import { retryAfter } from '../../net/http1/retry-after.ts';

/** Words by which hosts tell that a limit is used up, whatever the status. */
const quotaWords =
  /\b(?:bandwidth|transfer|download|traffic|daily|monthly)\s+(?:limit|quota)\s+(?:has\s+been\s+|was\s+|is\s+)?(?:exceeded|reached|used up)|\b(?:quota|limit) exceeded\b/i;

/** What people do about it, for the usual refusals. */
const advice: Readonly<Record<number, string>> = {
  401: 'it wants a user name and password: --user NAME, --netrc, or --bearer',
  403: 'it does not allow this; perhaps the link has expired, or it wants a --header, --referer or --cookies',
  404: 'there is no such file; check the link',
  407: 'the proxy wants a user name and password; they stand before the host in its URL',
  410: 'the file is gone for good',
  451: 'it may not show this file here',
};

/** What a 401 means where credentials were sent. */
function refusal(credentials: string): string {
  return credentials === 'basic'
    ? 'it refuses this user name or password; --user NAME, or --netrc, sends others'
    : 'it refuses this token; --bearer sends another';
}

/**
 * The failure that an answer means which carries no file (transfer.md: 429, 503, …; 509). `text` is the
 * beginning of its body, `now` epoch ms, `credentials` the scheme of what it was asked with. Pure.
 */
export function statusFailure(
  head: ResponseHead,
  place: string,
  text: string,
  now: number,
  credentials?: string,
): Failure {
  const { status, headers } = head;
  const said = `${place} answered ${status}${head.reason ? ` ${head.reason}` : ''}`;
  const at = retryAfter(headers.get('retry-after'), headers.get('date'), now);
  const named = at === undefined ? {} : { at };
  if (status === 509 || ([402, 403, 429, 503].includes(status) && quotaWords.test(text))) {
    return new Failure('quota', `${said}: its limit is used up for now`, {
      retry: { when: 'later', reason: 'quota', ...named },
    });
  }
  if (status === 429 || (status === 503 && at !== undefined)) {
    return new Failure('rate_limit', `${said}: too many requests for now`, {
      retry: { when: 'later', reason: 'rate_limit', ...named },
    });
  }
  if (status >= 500 || status === 408 || status === 425) {
    const retry = at === undefined ? {} : { retry: { when: 'later', reason: 'backoff', at } as const };
    return new Failure('server', `${said}: trouble on its side`, retry);
  }
  if (status === 401 && credentials !== undefined) return new Failure('refused', `${said}: ${refusal(credentials)}`);
  if (status >= 400) return new Failure('refused', `${said}: ${advice[status] ?? 'it refuses this request'}`);
  if (status >= 300) return new Failure('protocol', `${said}, which leads nowhere`);
  return new Failure('server', `${said}, which carries no file`);
}

/** The host has too much to do, so that it shall get fewer connections (transfer.md: 429, 503, 502, 504, 408, 5xx). Pure. */
export function isOverload(failure: Failure): boolean {
  return failure.class === 'rate_limit' || failure.class === 'server';
}
