import { Failure, type FailureClass } from '../../downloads/failure.ts';
import { retryAfter } from '../../net/http1/retry-after.ts';
import type { HostAnswer } from './client.ts';

/** The host has answered, and the answer is no: what was sent is not there. */
export class Refused extends Failure {}

const mostWords = 200;

/** What people do about it. */
const advice: Readonly<Record<number, string>> = {
  401: 'it wants another user or secret; see upload.hosts in the configuration',
  403: 'it does not allow this; check its user, secret and url in upload.hosts of the configuration',
  404: 'there is no such place; check its url in upload.hosts of the configuration',
  405: 'it takes no files this way; check its kind, url and method in upload.hosts of the configuration',
  409: 'there is no such folder; make it there, or check its url in upload.hosts of the configuration',
  411: 'it wants another way of sending; check its kind in upload.hosts of the configuration',
  413: 'the file is too large for it',
  415: 'it does not take such files',
};

/** Gateways that answer for a host that did not: it may have everything. */
const gateways = new Set([502, 504, 520, 521, 522, 523, 524]);

/** The failure that an answer means which is no success. `now`: epoch ms. Pure. */
export function refusal(answer: HostAnswer, secrets: readonly string[], now: number): Failure {
  const { status, headers } = answer;
  const words = wordsOf(answer.text, secrets);
  const quoted = words === '' ? '' : ` ("${words}")`;
  const said = `it answered ${status}${answer.reason ? ` ${answer.reason}` : ''}${quoted}`;
  const at = retryAfter(headers.get('retry-after'), headers.get('date'), now);
  const later = at === undefined ? {} : { at };
  if (status === 507 || status === 509) {
    return new Refused('quota', `${said}: it has no room for this now`, {
      retry: { when: 'later', reason: 'quota', ...later },
    });
  }
  if (status === 429 || (status === 503 && at !== undefined)) {
    return new Refused('rate_limit', `${said}: too many requests for now`, {
      retry: { when: 'later', reason: 'rate_limit', ...later },
    });
  }
  if (gateways.has(status)) return new Failure('server', `${said}: trouble on its side`);
  if (status >= 500 || status === 408 || status === 425) return new Refused('server', `${said}: trouble on its side`);
  if (status >= 400) return new Refused('refused', `${said}: ${advice[status] ?? 'it refuses this'}`);
  if (status >= 300)
    return new Refused('refused', `${said}: it wants files elsewhere${elsewhere(answer)}; set its url`);
  return new Refused('protocol', `${said}, which is not understood`);
}

/** An answer that says no in words. Pure. */
export function refusedInWords(failureClass: FailureClass, text: string, secrets: readonly string[]): Refused {
  return new Refused(failureClass, `it answered "${wordsOf(text, secrets) || 'nothing'}"`);
}

/** The beginning of an answer as one line, without markup and without our own secrets. Pure. */
export function wordsOf(text: string, secrets: readonly string[]): string {
  const bare = text
    .slice(0, 8192)
    .replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ');
  const known = secrets
    .filter((secret) => secret.length > 3)
    .reduce((all, secret) => all.replaceAll(secret, '***'), bare);
  const line = known
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('"', "'")
    .trim();
  return line.length <= mostWords ? line : `${line.slice(0, mostWords)}…`;
}

function elsewhere({ headers }: HostAnswer): string {
  const url = URL.parse(headers.get('location') ?? '');
  return url ? ` (at ${url.origin})` : '';
}
