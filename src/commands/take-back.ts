import { leasedStatuses, type Status } from '../downloads/states.ts';
import type { TakenBack } from '../steps/step.ts';
import { NotPossible } from '../store/store.ts';
import { findDownload } from './find-download.ts';
import type { CommandParts } from './parts.ts';

/**
 * Deletes where they are what the steps of a download put elsewhere; its row stays. Throws `NotFound`, and `NotPossible` while it is at work.
 */
export async function takeBackDownload(
  parts: CommandParts,
  reference: string,
  signal: AbortSignal,
): Promise<readonly TakenBack[]> {
  const { id, status } = await findDownload(parts, reference);
  if ((leasedStatuses as readonly Status[]).includes(status)) {
    throw new NotPossible(`download ${id} is ${status}; stop it first: longhaul cancel ${id}`);
  }
  const taken: TakenBack[] = [];
  for (const step of await parts.store.steps(id)) taken.push(...(await parts.takeBack(step, step.mark, signal)));
  return taken;
}
