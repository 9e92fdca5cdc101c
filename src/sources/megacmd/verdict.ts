import { Failure } from '../../downloads/failure.ts';
import { apiFailure, overQuota } from '../mega/refusals.ts';

/** How a run of mega-get ended. */
export interface MegaGetEnd {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines it printed, but for its progress. */
  readonly said: readonly string[];
  /** How many files stand in its folder. */
  readonly files: number;
}

const exists = 64;
/** `Transfer not started. … Alternatively, you can try again in 5 hours.` */
const waitForm = /try again in (\d{1,9}) (hours|minutes|seconds)/;
const notStarted = /^Transfer not started\b/;
const secondsIn = { hours: 3600, minutes: 60, seconds: 1 } as const;

/**
 * Undefined where the run brought what was asked for. The exit code decides, and no word in what was said, which holds
 * names of files; only where it is 0 and no file is there the words are asked why. `now` in epoch ms. Pure.
 */
export function verdictOn({ code, signal, said, files }: MegaGetEnd, now: number): Failure | undefined {
  if (code === 0 || code === exists) return files > 0 ? undefined : nothingCame(said, now);
  if (code === null) {
    return new Failure('network', `mega-get was ended by somebody (${signal ?? 'no signal'})`);
  }
  return failureOf(code);
}

function nothingCame(said: readonly string[], now: number): Failure {
  if (said.some((line) => notStarted.test(line))) {
    const [, amount = '', unit = ''] = waitForm.exec(said.join(' ')) ?? [];
    const seconds = Number(amount) * (secondsIn[unit as keyof typeof secondsIn] ?? Number.NaN);
    return overQuota(false, seconds, now);
  }
  return new Failure(
    'server',
    'mega-get ended well and brought no file: what the link leads to is empty, or was taken down',
  );
}

/** `src/megacmdcommonutils.h` of MEGAcmd, and the SDK's numbers below 50, both without their sign. */
function failureOf(code: number): Failure {
  switch (code) {
    case 14:
      return new Failure(
        'link',
        'the key in the MEGA link is wrong: it does not open what the link leads to; copy the link again, to its end',
      );
    case 20:
    case 21:
      return new Failure('disk', 'mega-get cannot write to the folder; look at its rights and at the free space');
    case 51:
      return new Failure('link', 'mega-get does not understand the link; it may be too old for this form of links');
    case 53:
      return new Failure('gone', 'MEGA has no such file or folder: it was deleted, or the link is wrong');
    case 57:
    case 58:
      return new Failure('refused', 'mega-get wants to be logged in for this link: mega-login does it');
    case 126:
    case 127:
      return new Failure(
        'refused',
        'mega-get cannot be started; see that MEGAcmd is installed and mega.program is right',
      );
    default:
      return code < 50 ? apiFailure(-code) : new Failure('server', `mega-get gave up (exit code ${code})`);
  }
}
