import type { Lease } from '../downloads/download.ts';
import { madeFiles, type StepOutcome } from '../downloads/steps.ts';
import { tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import { type DownloadRow, optionsOf, type StepRow } from './rows.ts';
import { beginStep } from './statements/begin-step.ts';
import { clearPartialPaths } from './statements/clear-partial-paths.ts';
import { countStepsLeft } from './statements/count-steps-left.ts';
import { insertOutput } from './statements/insert-output.ts';
import { leaveMark } from './statements/leave-mark.ts';
import { lockDownload } from './statements/lock-download.ts';
import { lockLeased } from './statements/lock-leased.ts';
import { markStep } from './statements/mark-step.ts';
import { moveFile } from './statements/move-file.ts';
import { outputOfStep } from './statements/output-of-step.ts';
import { setLeftElsewhere } from './statements/set-left-elsewhere.ts';
import { setOutcome } from './statements/set-outcome.ts';
import { setProgressed } from './statements/set-progressed.ts';
import { setResultLink } from './statements/set-result-link.ts';
import { setVerified } from './statements/set-verified.ts';
import { setWarning } from './statements/set-warning.ts';
import { stepOfDownload } from './statements/step-of-download.ts';
import { stepsOfDownload } from './statements/steps-of-download.ts';
import type { MovedFile, Output } from './step-store.ts';

export function* stepRows(downloadId: number): Work<StepRow[]> {
  return yield* all(stepsOfDownload, { download_id: downloadId });
}

export function* recordSettled(lease: Lease): Work<boolean> {
  if (!(yield* held(lease))) return false;
  yield* run(clearPartialPaths, { download_id: lease.id });
  return true;
}

export function* begin(lease: Lease, position: number, now: number): Work<boolean> {
  const row = yield* held(lease);
  if (!row || (yield* run(beginStep, { download_id: row.id, position, now })) !== 1) return false;
  yield* tellStep(row, position, now, { what: 'begun' });
  return true;
}

export function* mark(lease: Lease, position: number, value: unknown): Work<boolean> {
  if (!(yield* held(lease))) return false;
  return (yield* run(markStep, { download_id: lease.id, position, mark: JSON.stringify(value ?? null) })) === 1;
}

export function* leave(downloadId: number, position: number, value: unknown): Work<boolean> {
  if (!(yield* get(lockDownload, { id: downloadId }))) return false;
  return (yield* run(leaveMark, { download_id: downloadId, position, mark: JSON.stringify(value ?? null) })) === 1;
}

export function* recordOutcome(lease: Lease, position: number, outcome: StepOutcome): Work<boolean> {
  if (!(yield* held(lease))) return false;
  const publishing = { status: 'publishing', result: JSON.stringify(outcome), ended_at: null } as const;
  return (yield* run(setOutcome, { download_id: lease.id, position, ...publishing })) === 1;
}

export function* recordOutput(lease: Lease, step: number, output: Output): Work<boolean> {
  if (!(yield* held(lease))) return false;
  const { path, main, finalPath: final_path, size, identity, modifiedAt: modified_at } = output;
  const known = { download_id: lease.id, step, path };
  if (!(yield* get(outputOfStep, known))) yield* run(insertOutput, { ...known, main: main ? 1 : 0 });
  const file = yield* get(outputOfStep, known);
  if (!file) return false;
  const facts = { final_path, size, identity, modified_at, digest: null };
  return (yield* run(setVerified, { id: file.id, download_id: lease.id, ...facts })) === 1;
}

export function* complete(
  lease: Lease,
  position: number,
  { outcome, moved }: { readonly outcome: StepOutcome; readonly moved: readonly MovedFile[] },
  now: number,
): Work<boolean> {
  const row = yield* held(lease);
  if (!row) return false;
  const completed = { status: 'completed', result: JSON.stringify(outcome), ended_at: now } as const;
  if ((yield* run(setOutcome, { download_id: row.id, position, ...completed })) !== 1) return false;
  for (const { from, to, identity, modifiedAt } of moved) {
    const places = { from_path: from, to_path: to, identity, modified_at: modifiedAt };
    yield* run(moveFile, { download_id: row.id, ...places });
  }
  if (outcome.link !== undefined) yield* run(setResultLink, { id: row.id, link: outcome.link });
  if (outcome.leftElsewhere) yield* run(setLeftElsewhere, { download_id: row.id, position });
  yield* run(countStepsLeft, { id: row.id });
  yield* run(setProgressed, { id: row.id, now });
  const { link, note, warning } = outcome;
  if (warning !== undefined) yield* warn(row, position, warning);
  const made = madeFiles(outcome).length;
  yield* tellStep(row, position, now, {
    what: 'done',
    ...(warning === undefined ? {} : { warning }),
    ...(note === undefined ? {} : { note }),
    ...(link === undefined ? {} : { link }),
    ...(made === 0 ? {} : { files: made }),
  });
  return true;
}

function* held({ id, token }: Lease): Work<DownloadRow | undefined> {
  return yield* get(lockLeased, { id, token });
}

/** It stands with the download until its steps are done anew. */
function* warn(row: DownloadRow, position: number, warning: string): Work<void> {
  const step = yield* get(stepOfDownload, { download_id: row.id, position });
  const words = `${step?.kind ?? 'a step'}: ${warning}`;
  yield* run(setWarning, { id: row.id, warning: row.warning === null ? words : `${row.warning}; ${words}` });
}

function* tellStep(row: DownloadRow, position: number, now: number, detail: Record<string, unknown>): Work<void> {
  const step = yield* get(stepOfDownload, { download_id: row.id, position });
  const of = optionsOf(row).steps?.length;
  yield* tell(row, 'step', now, { step: step?.kind, number: position + 1, of, ...detail });
}
