import type { Download, Live } from '../downloads/download.ts';
import type { ListFilter } from '../store/store.ts';
import { withLive } from './live.ts';
import { type CommandParts, livingInstance } from './parts.ts';

/**
 * A page of downloads as they are: what an instance held that has died is given back first, so that
 * nothing is called running which is not; what runs comes with its live figures.
 */
export async function listLiving(parts: CommandParts, filter: ListFilter): Promise<(Download & Live)[]> {
  const rows = await parts.store.list(filter);
  const holders = new Set(rows.flatMap(({ lockedBy }) => lockedBy ?? []));
  let buried = false;
  for (const holder of holders) {
    if (await livingInstance(parts, holder)) continue;
    await parts.living.bury(holder);
    buried = true;
  }
  return withLive(parts, buried ? await parts.store.list(filter) : rows);
}
