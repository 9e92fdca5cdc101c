import { dirname } from 'node:path';
import { onDisk } from '../disk/disk-failure.ts';
import { partialOf, removeOwnPartial } from '../disk/partial.ts';
import type { DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn } from '../downloads/ranges.ts';
import type { Whose } from '../store/tidy-store.ts';
import type { TidyRun } from './tidy-run.ts';

/** Rows are forgotten so many at a time. */
const page = 500;
/** A rest that was written to a moment ago may be no rest: somebody is at it. Ms. */
export const stillWarm = 60_000;
/** A partial of a download that nobody knows is called abandoned after so long, ms, where nothing else is configured. */
export const abandonedAfter = 24 * 60 * 60 * 1000;

/** Deletes what downloads that failed long ago have fetched; the rows stay, and a retry begins from zero. */
export async function giveUpFailed(run: TidyRun): Promise<void> {
  const { store, clock, rules, scope } = run;
  if (rules.partialsAfter === undefined) return;
  const before = clock.now() - rules.partialsAfter;
  for (const { download, files } of await store.failedWork(before)) {
    if (run.signal.aborted) return;
    const given = scope.dryRun ? files : await store.giveUpWork(run.turn, download.id, before, clock.now());
    if (!given) continue;
    const bytes = given.reduce((sum, { durable }) => sum + bytesIn(durable), 0);
    run.tell({ kind: 'gave up', id: download.id, paths: partialsOf(given), bytes });
    if (scope.dryRun) continue;
    await removePartials(run, given, download.uid);
    await run.giveUpElsewhere?.(download).catch((error: unknown) => {
      run.log.warn({ error, download: download.id }, 'what another program has of it is left there');
    });
  }
}

/** Deletes the rows of what failed or was cancelled long ago, and what they fetched. Delivered files stay. */
export async function forgetFailed(run: TidyRun): Promise<void> {
  const { store, clock, rules, scope } = run;
  if (rules.forgetFailedAfter === undefined) return;
  const before = clock.now() - rules.forgetFailedAfter;
  for (;;) {
    const old = await store.endedBefore(before, page);
    for (const { id, uid, name } of old) {
      if (run.signal.aborted) return;
      const files = scope.dryRun ? [] : await store.forgetEnded(run.turn, id, before, clock.now());
      // Somebody tried it again meanwhile, or another process has the turn.
      if (!files && !(await store.holdTurn(run.turn, clock.now()))) return;
      if (!files) continue;
      run.tell({ kind: 'forgot', id, name });
      await removePartials(run, files, uid);
    }
    if (scope.dryRun || old.length < page) return;
  }
}

/**
 * Looks in every folder where partials were made for those that no download claims: rests of a process that died
 * between giving a download up and removing its files, and what other stores left. Only what has our name and our
 * sidecar, written by this user, is looked at.
 */
export async function removeOrphans(run: TidyRun): Promise<void> {
  await inWorkFolders(run, (folder) => removeOrphansIn(run, folder));
}

/** Looks in every folder where work was ever done; one that cannot be looked at keeps no other from it. */
export async function inWorkFolders(run: TidyRun, look: (folder: string) => Promise<void>): Promise<void> {
  for (const folder of await run.store.workFolders()) {
    if (run.signal.aborted) return;
    try {
      await look(folder);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      run.log.info({ folder, error }, 'this folder cannot be looked at for rests');
    }
  }
}

/** What to do with a partial that has our sidecar. Pure. `age`: ms since it was last written to. */
export function verdictOnStray(whose: Whose, age: number, unknownAfter: number): 'leave' | 'remove' | 'abandoned' {
  if (whose === 'ended' || whose === 'removed') return age >= stillWarm ? 'remove' : 'leave';
  return whose === 'unknown' && age >= unknownAfter ? 'abandoned' : 'leave';
}

async function removeOrphansIn(run: TidyRun, folder: string): Promise<void> {
  const { store, disk, clock, rules, scope } = run;
  const strays = (await run.sidecarsIn(folder)).flatMap(({ path, sidecar }) => {
    const partialPath = partialOf(path);
    const isItsOwn = sidecar.files.some((file) => file.partialPath === partialPath);
    return isItsOwn ? [{ uid: sidecar.uid, partialPath, sidecarPath: path }] : [];
  });
  const answers = strays.length === 0 ? [] : await store.whoseWork(strays);
  for (const [at, { uid, partialPath, sidecarPath }] of strays.entries()) {
    const whose = answers[at];
    if (whose === undefined || whose === 'claimed' || whose === 'unfinished' || run.signal.aborted) continue;
    const partial = await onDisk(partialPath, () => disk.facts(partialPath));
    const sidecar = await onDisk(sidecarPath, () => disk.facts(sidecarPath));
    if (!partial || !sidecar) continue;
    const age = clock.now() - Math.max(partial.modifiedAt, sidecar.modifiedAt);
    const verdict = verdictOnStray(whose, age, rules.partialsAfter ?? abandonedAfter);
    if (verdict === 'leave') continue;
    const kept = verdict === 'abandoned' && !scope.unknown;
    run.tell({ kind: 'orphan', path: partialPath, bytes: partial.size, whose, kept });
    if (kept || scope.dryRun) continue;
    if (!(await store.holdTurn(run.turn, clock.now()))) return;
    await removeOwnPartial(disk, partialPath, uid);
  }
}

async function removePartials(run: TidyRun, files: readonly DownloadFile[], uid: string): Promise<void> {
  for (const path of partialsOf(files)) {
    try {
      await removeOwnPartial(run.disk, path, uid);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      run.tell({ kind: 'left', path, message: error.message });
      run.log.warn({ folder: dirname(path), error }, 'a partial could not be removed');
    }
  }
}

function partialsOf(files: readonly DownloadFile[]): string[] {
  return files.flatMap(({ partialPath }) => partialPath ?? []);
}
