/**
 * Every way `longhaul` can end, and what the user does next. Ordered: the most serious first; with
 * several links the most serious code of all wins.
 */
export const exitCodes = [
  { code: 130, name: 'interrupted', meaning: 'interrupted', next: 'go on with: longhaul resume-downloads' },
  {
    code: 1,
    name: 'unexpected',
    meaning: 'an unexpected error, probably a bug',
    next: 'look into the log (longhaul config path), report it',
  },
  { code: 5, name: 'store', meaning: 'the database cannot be used', next: 'longhaul doctor says what is wrong' },
  {
    code: 2,
    name: 'usage',
    meaning: 'wrong usage or configuration',
    next: 'the message says what is allowed; longhaul VERB --help',
  },
  {
    code: 3,
    name: 'failed',
    meaning: 'a download failed or was cancelled, a delivered file differs, or not all could be imported',
    next: 'longhaul show ID says why, and what helps',
  },
  {
    code: 4,
    name: 'unfinished',
    meaning: 'not finished: it waits, is paused, or will be tried again',
    next: 'longhaul resume-downloads, or longhaul resume ID',
  },
  { code: 0, name: 'done', meaning: 'all done', next: 'nothing' },
] as const;

export type ExitCode = (typeof exitCodes)[number]['code'];

type ExitName = (typeof exitCodes)[number]['name'];

/** The codes by name: `exit.failed` is 3. */
export const exit = Object.fromEntries(exitCodes.map(({ name, code }) => [name, code])) as {
  readonly [Name in ExitName]: Extract<(typeof exitCodes)[number], { name: Name }>['code'];
};

/** The most serious of several codes; 0 of none. */
export function worst(codes: Iterable<ExitCode>): ExitCode {
  const given = new Set(codes);
  return exitCodes.find(({ code }) => given.has(code))?.code ?? exit.done;
}
