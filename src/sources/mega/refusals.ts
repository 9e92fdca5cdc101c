import { Failure } from '../../downloads/failure.ts';

/** The session of an account is no longer one: it was ended elsewhere, or the password was changed. */
export class SessionEnded extends Failure {}

/** What an error number of MEGA's API means (its SDK, `types.h`). Pure. */
export function apiFailure(code: number, withAccount = false): Failure {
  switch (code) {
    case -2:
    case -9:
      return new Failure('gone', 'MEGA has no such file or folder: it was deleted, or the link is wrong');
    case -11:
      return new Failure('refused', 'MEGA does not give access to this link; it may no longer be shared');
    case -6:
    case -16:
      return new Failure('gone', 'MEGA has taken this link down, or blocked its owner');
    case -4:
      return new Failure('rate_limit', 'MEGA answers with too many requests for now');
    case -17:
    case -24:
    case -29:
      return overQuota(withAccount);
    case -15:
      return new SessionEnded('server', 'MEGA has ended the session of the account; it is logged in again');
    default:
      return new Failure('server', `MEGA answers with trouble on its side (${code})`);
  }
}

/** `seconds`: until there is quota again, where MEGA says it; `now` in epoch ms. Pure. */
export function overQuota(withAccount: boolean, seconds = Number.NaN, now = 0): Failure {
  const whose = withAccount ? 'of the MEGA account' : 'of MEGA for this address';
  const at = seconds > 0 && Number.isFinite(seconds) ? { at: now + seconds * 1000 } : {};
  return new Failure('quota', `the transfer quota ${whose} is used up for now`, {
    retry: { when: 'later', reason: 'quota', ...at },
  });
}
