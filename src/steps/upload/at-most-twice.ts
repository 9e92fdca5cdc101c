import { Failure } from '../../downloads/failure.ts';
import type { HostRun, Uploaded } from './host.ts';
import { Refused } from './refusal.ts';

/**
 * For hosts that cannot be asked whether they have a file. Once the last byte was sent they may have it, whatever happens
 * then; so it is recorded before, and after a stop in between the file is sent once more and never a third time. An
 * answer, also a refusal, ends the doubt.
 */
export async function atMostTwice(
  run: HostRun,
  send: (beforeLast: () => Promise<void>) => Promise<Uploaded>,
): Promise<Uploaded> {
  const doubts = doubtsIn(run.mark);
  if (doubts >= 2) {
    await run.keep({ doubts: 0 });
    throw new Failure(
      'refused',
      'it was sent the whole file twice and answered neither time; look whether it is there, and retry if it is not',
    );
  }
  try {
    const uploaded = await send(() => run.keep({ doubts: doubts + 1 }));
    if (doubts === 0) return uploaded;
    return { ...uploaded, note: 'it may be there twice: the first time its last byte was sent, but no answer came' };
  } catch (error) {
    if (error instanceof Refused) await run.keep({ doubts });
    throw error;
  }
}

function doubtsIn(mark: unknown): number {
  const doubts = typeof mark === 'object' && mark !== null && 'doubts' in mark ? mark.doubts : 0;
  return typeof doubts === 'number' ? doubts : 0;
}
