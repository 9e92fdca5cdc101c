import { basename, dirname, join } from 'node:path';
import type { Keep } from '../config/keep.ts';
import type { Download, DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { StepOutcome } from '../downloads/steps.ts';
import type { StepFile } from '../steps/step.ts';
import type { AfterSteps } from '../store/step-store.ts';
import { deliveredPath, placeOf } from './places.ts';

/** What the next step finds. */
export interface Chain {
  readonly files: readonly StepFile[];
  /** Where an earlier step put them for others. */
  readonly link: string | undefined;
}

/** What the first step finds: what was delivered, as it was recorded. */
export function firstChain(files: readonly DownloadFile[]): Chain {
  const found = files.flatMap((file): StepFile[] => {
    const path = placeOf(file);
    return path === undefined ? [] : [{ path, size: file.size ?? 0, main: file.main }];
  });
  return { files: found, link: undefined };
}

/** What a step leaves for the one after it. Pure. */
export function afterStep(chain: Chain, { files, link }: StepOutcome): Chain {
  return { files: files ?? chain.files, link: link ?? chain.link };
}

/** The file that gives the name. */
function mainOf(files: readonly StepFile[]): StepFile {
  const main = files.find((file) => file.main) ?? files[0];
  if (!main) throw new Failure('internal', 'there is no file to work on');
  return main;
}

/** Results stand beside the main file, where that lies in the download's folder. */
export function resultFolder({ directory }: Pick<Download, 'directory'>, files: readonly StepFile[]): string {
  const beside = dirname(mainOf(files).path);
  return join(beside, '/').startsWith(join(directory, '/')) ? beside : directory;
}

/** A safe name for what one cannot name otherwise. */
export function nameOf(files: readonly StepFile[]): string {
  return basename(mainOf(files).path);
}

export interface KeepPlan {
  /** Files to remove. */
  readonly drop: readonly DownloadFile[];
  readonly kept: AfterSteps;
}

/**
 * What stays on disk after the last step. Pure. `files`: the rows of the download, with what steps made; `last`: what
 * the last step left. Files that a step only handed on are both source and result.
 */
export function planKeep(
  download: Pick<Download, 'directory'>,
  keep: Keep,
  files: readonly DownloadFile[],
  last: readonly StepFile[],
): KeepPlan {
  const there = files.filter((file) => placeOf(file) !== undefined);
  const results = new Set(last.map(({ path }) => path));
  const isResult = (file: DownloadFile) => results.has(placeOf(file) ?? '');
  const stays: Record<Keep, (file: DownloadFile) => boolean> = {
    both: () => true,
    source: (file) => file.step === null,
    result: isResult,
    none: () => false,
  };
  const standing = there.filter(stays[keep]);
  const shown = shownOf(standing, isResult);
  return {
    drop: there.filter((file) => !standing.includes(file)),
    kept: {
      path: shown.length === 0 ? null : deliveredPath(download, shown),
      size: bytesOf(shown),
      bytes: bytesOf(standing.filter(({ herePath }) => herePath === null)),
    },
  };
}

/** The main result, where a step made it; otherwise what was delivered and handed on. */
function shownOf(standing: readonly DownloadFile[], isResult: (file: DownloadFile) => boolean): DownloadFile[] {
  const results = standing.filter(isResult);
  const made = results.filter(({ step }) => step !== null);
  const main = made.find((file) => file.main);
  if (main) return [main];
  const handedOn = results.filter(({ step }) => step === null);
  return [...([handedOn, made, standing].find((files) => files.length > 0) ?? [])];
}

function bytesOf(files: readonly DownloadFile[]): number {
  return files.reduce((sum, { size }) => sum + (size ?? 0), 0);
}
