import { Failure } from '../../downloads/failure.ts';
import type { HostAnswer } from './client.ts';
import type { HostRun, TakenFile } from './host.ts';
import { refusal } from './refusal.ts';

/** What it is called there. Throws `Failure('refused')` where nobody has noted it. */
export function placeOf({ path }: TakenFile): string {
  if (path !== undefined) return path;
  throw new Failure('refused', 'it was not noted what it is called there; delete it by hand');
}

/** `there`: bytes of what has its name now; −1: unknown. Throws `Failure('refused')` where that is another file. */
export function mustBeAsSent({ size }: Pick<TakenFile, 'size'>, there: number): void {
  if (there === -1 || there === size) return;
  throw new Failure('refused', 'another file stands in its place now, which is left');
}

/** Looks at the answer to a DELETE (RFC 9110 section 9.3.5). Throws `Failure`. */
export function mustBeDeleted(answer: HostAnswer, secrets: readonly string[], now: number): void {
  const { status } = answer;
  if ((status >= 200 && status <= 299) || status === 404 || status === 410) return;
  if (status === 405 || status === 501) {
    throw new Failure('refused', `it deletes nothing (it answered ${status}); delete it by hand`);
  }
  throw refusal(answer, secrets, now);
}

/** For work of which nothing is stored and nobody is told. */
export function quietRun(signal: AbortSignal): HostRun {
  return { mark: undefined, keep: async () => {}, sent: () => {}, signal };
}
