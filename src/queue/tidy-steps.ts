import { join } from 'node:path';
import { onDisk } from '../disk/disk-failure.ts';
import { removeTree } from '../disk/remove-tree.ts';
import { specText } from '../downloads/steps.ts';
import { giveUpSteps } from '../steps/give-up.ts';
import { uidOfWorkFolder } from '../steps/work-folder.ts';
import type { TidyRun } from './tidy-run.ts';
import { abandonedAfter, inWorkFolders, stillWarm, verdictOnStray } from './tidy-work.ts';

/**
 * Looks in every folder of downloads for work folders of steps whose download has ended or was removed: rests of a
 * process that died. What a failed step has done so far stays for its retry, as long as the row does.
 */
export async function removeWorkOfSteps(run: TidyRun): Promise<void> {
  await inWorkFolders(run, (folder) => removeWorkIn(run, folder));
}

/**
 * What steps began elsewhere (an upload in parts) goes, of downloads that were cancelled, or failed long ago: a process
 * that died gave it up no more, or the host was away. What cannot be removed now is tried again next time.
 */
export async function giveUpBegun(run: TidyRun): Promise<void> {
  const { store, clock, rules, scope, signal, giveUpStep, hasBegun } = run;
  if (!giveUpStep) return;
  const now = clock.now();
  const before = (age: number | undefined) => (age === undefined ? 0 : now - age);
  const moments = { failed: before(rules.partialsAfter), ended: before(rules.forgetFailedAfter) };
  for (const { downloadId: id, step } of await store.stepsGivenUp({ cancelled: now - stillWarm, ...moments })) {
    if (signal.aborted) return;
    if (scope.dryRun) {
      if (await hasBegun?.(step, step.mark)) run.tell({ kind: 'gave up elsewhere', id, step: specText(step) });
      continue;
    }
    const leave = (position: number, mark: unknown) => store.leaveMark(id, position, mark);
    const { gone, left } = await giveUpSteps([step], { clock, giveUp: giveUpStep, leave });
    for (const one of gone) run.tell({ kind: 'gave up elsewhere', id, step: specText(one) });
    for (const message of left) run.tell({ kind: 'left elsewhere', id, message });
  }
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
