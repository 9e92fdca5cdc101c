import { dirname } from 'node:path';
import { lookAtDelivered, type Verdict } from '../disk/delivered.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { settleNames } from '../disk/publish.ts';
import type { DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { isAnyRule, isOverdue, type Kept, planRetention, type ToClean } from '../downloads/retention.ts';
import { isSeeded } from '../downloads/seeding.ts';
import type { DownloadWithFiles } from '../store/tidy-store.ts';
import { digestOf, parseChecksum } from '../verify/checksum.ts';
import type { TidyRun } from './tidy-run.ts';

/** What a download's files are now; `unreachable`: nobody can say (its disk is not mounted, or on another machine). */
type Standing = 'stands' | 'gone' | 'changed' | 'unreachable';

/**
 * Brings what was delivered to what the rules say. Before anything is removed every file that a rule counts is
 * looked at, so that one that is gone or the user's does not make another one go in its place.
 */
export async function keepRetention(run: TidyRun): Promise<void> {
  const { store, clock, rules, scope } = run;
  if (!isAnyRule(rules.retention)) return;
  if (!isOverdue(await store.keptTotals(), rules.retention, clock.now())) return;
  for (const planned of await provenPlan(run, await store.kept())) {
    if (run.signal.aborted) return;
    const row = await store.get(planned.id);
    if (row && isSeeded(row.seeding)) {
      run.tell({ kind: 'seeded', ...planned });
      continue;
    }
    if (scope.dryRun) {
      const files = await store.files(planned.id);
      run.tell({ kind: 'cleaned', ...planned, ...extentOf(files) });
      continue;
    }
    const cleaned = await store.clean(run.turn, planned.id, planned.reason, clock.now());
    if (cleaned === 'taken') await letGo(run, planned.id, 'changed');
    else if (cleaned && (await removeFiles(run, cleaned)))
      run.tell({ kind: 'cleaned', ...planned, ...extentOf(cleaned.files) });
  }
}

/** Goes on with what a process began and did not live to end. */
export async function removeCleaned(run: TidyRun): Promise<void> {
  if (run.scope.dryRun) return;
  for (const work of await run.store.toRemove()) {
    if (run.signal.aborted) return;
    if (await removeFiles(run, work)) run.log.info({ download: work.download.id }, 'its files are removed now');
  }
}

/** A plan of which every download was looked at, and every other one that it counts. */
async function provenPlan(run: TidyRun, kept: readonly Kept[]): Promise<readonly ToClean[]> {
  const { retention } = run.rules;
  const standing = new Map(kept.map((one) => [one.id, one]));
  const looked = new Set<number>();
  const proven = new Set<number>();
  while (!run.signal.aborted) {
    const plan = planRetention([...standing.values()], retention, run.clock.now());
    const counts = plan.some(({ reason }) => reason.rule !== 'max_age');
    const toLookAt = (counts ? [...standing.keys()] : plan.map(({ id }) => id)).filter((id) => !looked.has(id));
    const toProve = plan.map(({ id }) => id).filter((id) => !proven.has(id));
    if (toLookAt.length === 0 && toProve.length === 0) return plan;
    const isProof = toLookAt.length === 0;
    for (const id of isProof ? toProve : toLookAt) {
      if (run.signal.aborted) return [];
      (isProof ? proven : looked).add(id);
      const found = await standingOf(run, id, isProof);
      if (found === 'stands') continue;
      standing.delete(id);
      if (found !== 'unreachable') await letGo(run, id, found);
    }
  }
  return [];
}

/** `prove`: where a copy stands in the place of the delivered file, its digest decides. */
async function standingOf(run: TidyRun, id: number, prove: boolean): Promise<Standing> {
  const files = (await run.store.files(id)).filter(({ finalPath }) => finalPath !== null);
  let stands = 0;
  let gone = 0;
  try {
    for (const file of files) {
      const verdict = await verdictOn(run, file, prove);
      if (verdict === 'changed') return 'changed';
      if (verdict === 'gone' && !(await isPlaceThere(run, file))) return 'unreachable';
      if (verdict === 'gone') gone += 1;
      else stands += 1;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    run.log.info({ download: id, error }, 'its files cannot be looked at now');
    return 'unreachable';
  }
  if (stands > 0) return 'stands';
  return gone > 0 ? 'gone' : 'changed';
}

async function verdictOn({ disk, signal }: TidyRun, file: DownloadFile, prove: boolean): Promise<Verdict> {
  const path = file.finalPath ?? '';
  const verdict = await lookAtDelivered(disk, path, file);
  if (verdict !== 'moved' || !prove || file.digest === null) return verdict;
  const wanted = parseChecksum(file.digest);
  const found = await digestOf(disk, path, wanted.algorithm, signal);
  return found.hex === wanted.hex ? 'moved' : 'changed';
}

/** False: its folder is gone, or is on another device than the file was: most likely a disk that is not mounted. */
async function isPlaceThere({ disk }: TidyRun, { finalPath, identity }: DownloadFile): Promise<boolean> {
  const folder = dirname(finalPath ?? '');
  const facts = await onDisk(finalPath ?? '', () => disk.facts(folder));
  return facts !== undefined && (identity ?? '').startsWith(`${facts.device}:`);
}

/** On a store of several machines the file may be well on another one: then nothing is said of it. */
async function letGo(run: TidyRun, id: number, found: 'gone' | 'changed'): Promise<void> {
  if (!run.seesAll) return;
  const paths = (await run.store.files(id)).flatMap(({ finalPath }) => finalPath ?? []);
  const what = found === 'gone' ? 'was moved or deleted' : 'was changed or replaced since it was delivered';
  const message = `${paths.join(', ') || 'its file'} ${what}; retention leaves it alone`;
  if (!run.scope.dryRun) await run.store.letGo(run.turn, id, found, message, run.clock.now());
  run.tell({ kind: 'let go', id, message });
}

/** The state is recorded already. True: nothing is left to remove. */
async function removeFiles(run: TidyRun, { download, files }: DownloadWithFiles): Promise<boolean> {
  const removed: string[] = [];
  try {
    for (const file of files) {
      if (file.finalPath === null) continue;
      if (!(await run.store.holdTurn(run.turn, run.clock.now()))) return false;
      const path = file.finalPath;
      const verdict = await verdictOn(run, file, true);
      if (verdict === 'changed') {
        run.tell({ kind: 'left', path, message: 'it was changed or replaced' });
        continue;
      }
      await onDisk(path, () => run.disk.remove(path));
      removed.push(path);
    }
    await settleNames(run.disk, await foldersThere(run, removed));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    run.log.warn({ download: download.id, error }, 'a file could not be removed; it is tried again');
    run.tell({ kind: 'left', path: download.downloadPath ?? download.directory, message: error.message });
    return false;
  }
  await run.store.filesRemoved(download.id);
  return true;
}

/** The paths whose folders are still there. */
async function foldersThere({ disk }: TidyRun, paths: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for (const path of paths) if (await onDisk(path, () => disk.facts(dirname(path)))) there.push(path);
  return there;
}

function extentOf(files: readonly DownloadFile[]): { readonly paths: readonly string[]; readonly bytes: number } {
  const delivered = files.filter(({ finalPath }) => finalPath !== null);
  return {
    paths: delivered.flatMap(({ finalPath }) => finalPath ?? []),
    bytes: delivered.reduce((sum, { size }) => sum + (size ?? 0), 0),
  };
}
