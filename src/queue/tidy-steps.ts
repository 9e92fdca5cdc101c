import { join } from 'node:path';
import { onDisk } from '../disk/disk-failure.ts';
import { removeTree } from '../disk/remove-tree.ts';
import { uidOfWorkFolder } from '../steps/work-folder.ts';
import type { TidyRun } from './tidy-run.ts';
import { abandonedAfter, inWorkFolders, verdictOnStray } from './tidy-work.ts';

/**
 * Looks in every folder of downloads for work folders of steps whose download has ended or was removed: rests of a
 * process that died. What a failed step has done so far stays for its retry, as long as the row does.
 */
export async function removeWorkOfSteps(run: TidyRun): Promise<void> {
  await inWorkFolders(run, (folder) => removeWorkIn(run, folder));
}

async function removeWorkIn(run: TidyRun, folder: string): Promise<void> {
  const { store, disk, clock, rules, scope } = run;
  const strays = (await namesIn(run, folder)).flatMap((name) => {
    const uid = uidOfWorkFolder(name);
    return uid === undefined ? [] : [{ uid, partialPath: join(folder, name) }];
  });
  const answers = strays.length === 0 ? [] : await store.whoseWork(strays);
  for (const [at, { partialPath: path }] of strays.entries()) {
    const whose = answers[at];
    if (whose === undefined || whose === 'claimed' || whose === 'unfinished' || run.signal.aborted) continue;
    const facts = await onDisk(path, () => disk.facts(path));
    if (!facts?.isDirectory) continue;
    const verdict = verdictOnStray(whose, clock.now() - facts.modifiedAt, rules.partialsAfter ?? abandonedAfter);
    if (verdict === 'leave') continue;
    const kept = verdict === 'abandoned' && !scope.unknown;
    run.tell({ kind: 'orphan', path, bytes: 0, whose, kept });
    if (kept || scope.dryRun) continue;
    if (!(await store.holdTurn(run.turn, clock.now()))) return;
    await removeTree(disk, path);
  }
}

async function namesIn({ disk }: TidyRun, folder: string): Promise<string[]> {
  return onDisk(folder, async () => ((await disk.facts(folder)) ? disk.list(folder) : []));
}
