import { lookAtDelivered } from '../disk/delivered.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { settleNames } from '../disk/publish.ts';
import type { Change } from '../store/store.ts';
import { type Chain, planKeep } from './chain.ts';
import { placeOf } from './places.ts';
import type { Run } from './run.ts';
import { removeWorkFolders } from './run-steps.ts';

type Completed = Extract<Change, { to: 'completed' }>;

/**
 * After the last step, whose results are recorded: removes what is not to stay, and nothing that somebody has changed
 * or replaced. Told again after a crash in between, it finds the rest.
 */
export async function keepWanted(run: Run, { files: last }: Chain): Promise<Omit<Completed, 'to'>> {
  const { store, disk, clock } = run.parts;
  const { lease } = run.claim;
  await removeWorkFolders(run);
  const download = (await store.get(lease.id)) ?? run.claim.download;
  const keep = download.options.keep ?? 'both';
  const { drop, kept } = planKeep(download, keep, await store.files(lease.id), last);
  const removed: string[] = [];
  const gaveUp: number[] = [];
  for (const file of drop) {
    const path = placeOf(file) ?? '';
    run.signal.throwIfAborted();
    const verdict = await lookAtDelivered(disk, path, file);
    if (verdict === 'changed') {
      const message = `${path} was changed or replaced since it was delivered; it is left`;
      await store.note(lease, 'warning', { message }, clock.now());
      continue;
    }
    await onDisk(path, () => disk.remove(path));
    if (verdict !== 'gone') removed.push(path);
    gaveUp.push(file.id);
  }
  await settleNames(disk, removed);
  return { gaveUp, kept };
}
