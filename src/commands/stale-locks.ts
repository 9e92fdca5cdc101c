import type { Download } from '../downloads/download.ts';
import type { StaleLock } from './commands.ts';
import type { CommandParts } from './parts.ts';

const page = 1000;

/**
 * What instances hold that are dead, released unless it is only asked for. Never what a living one holds, however
 * long ago its lease ended; of one that nobody knows any more the end of the lease decides.
 */
export async function staleLocks(parts: CommandParts, { dryRun }: { readonly dryRun: boolean }): Promise<StaleLock[]> {
  const { store, living, clock } = parts;
  const instances = new Map((await store.instances()).map((row) => [row.uid, row]));
  const stale: StaleLock[] = [];
  const dead = new Map<string, boolean>();
  for (const download of await leasedRows(parts)) {
    const uid = download.lockedBy;
    if (uid === null) continue;
    const row = instances.get(uid);
    const isDead = row ? (dead.get(uid) ?? !(await living.isAlive(row))) : (download.leaseUntil ?? 0) < clock.now();
    dead.set(uid, isDead);
    if (isDead) stale.push({ download, holder: row ? { pid: row.pid, host: row.host, role: row.role } : null });
  }
  if (dryRun) return stale;
  for (const uid of new Set(stale.flatMap(({ download }) => download.lockedBy ?? []))) await living.bury(uid);
  return stale;
}

async function leasedRows({ store }: CommandParts): Promise<Download[]> {
  const found: Download[] = [];
  for (;;) {
    const last = found.at(-1);
    const after = last ? { beforeId: last.id } : {};
    const rows = await store.list({ statuses: ['downloading', 'processing'], limit: page, ...after });
    found.push(...rows);
    if (rows.length < page) return found;
  }
}
