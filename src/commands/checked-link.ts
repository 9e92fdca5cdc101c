import { isRate, rateAllowed } from '../config/rate.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { parseFilePriorities, parseSelect } from '../downloads/selection.ts';
import { losesAll } from '../downloads/steps.ts';
import type { Source } from '../sources/source.ts';
import { readSpec } from '../steps/registry.ts';
import { parseChecksum } from '../verify/checksum.ts';
import type { AddRequest } from './commands.ts';
import type { CommandParts } from './parts.ts';

/** The source of a link, and its options once everything in them was looked at. Throws `Failure('link')`. */
export async function checkedLink(
  parts: Pick<CommandParts, 'sourceFor' | 'checkStep'>,
  { link, options = {}, source: name }: Pick<AddRequest, 'link' | 'options' | 'source'>,
): Promise<{
  readonly source: Source;
  readonly linkKey: string;
  readonly options: NonNullable<AddRequest['options']>;
}> {
  const source = await parts.sourceFor(link, name);
  const linkKey = source.keyOf(link);
  if (options.checksum !== undefined) parseChecksum(options.checksum);
  if (options.rate !== undefined && !isRate(options.rate)) throw new Failure('link', `the rate ${rateAllowed}`);
  await checkSteps(parts, options);
  checkedChoice(options);
  await source.check?.(options);
  const { mirrors: given, ...rest } = options;
  if (given === undefined) return { source, linkKey, options };
  const mirrors = await otherMirrors(parts, source, linkKey, given, name);
  return { source, linkKey, options: mirrors.length === 0 ? rest : { ...rest, mirrors } };
}

/** Each once, and none that is the link itself; all of one kind, since one source fetches the file. */
async function otherMirrors(
  parts: Pick<CommandParts, 'sourceFor'>,
  source: Source,
  linkKey: string,
  mirrors: readonly string[],
  name: string | undefined,
): Promise<string[]> {
  const seen = new Set([linkKey]);
  const others: string[] = [];
  for (const mirror of mirrors) {
    const own = await parts.sourceFor(mirror, name);
    if (own.name !== source.name) {
      throw new Failure('link', `a mirror must be a link of the same kind (${source.name}), one is of ${own.name}`);
    }
    const key = own.keyOf(mirror);
    if (!seen.has(key)) others.push(mirror);
    seen.add(key);
  }
  return others;
}

async function checkSteps(
  parts: Pick<CommandParts, 'checkStep'>,
  { steps = [], keep }: Pick<DownloadOptions, 'steps' | 'keep'>,
): Promise<void> {
  for (const step of steps) await parts.checkStep(readSpec(step));
  if (steps.length === 0 && keep !== undefined && keep !== 'both') {
    throw new Failure('link', `to keep ${keep} there must be a step, such as --then convert=aac:128`);
  }
  checkKept(steps, keep);
}

/** Throws `Failure('link')` where nothing would be left of what was delivered. */
export function checkKept(steps: readonly string[], keep: string | undefined): void {
  if (!losesAll(steps, keep)) return;
  const why = 'to keep none removes everything, and no step sends it anywhere before';
  throw new Failure('link', `${why}; add one such as --then upload=catbox, or keep something else`);
}

/** Throws `Failure('link')` for a choice of files that is none. */
export function checkedChoice({
  select,
  filePriorities,
}: {
  readonly select?: readonly string[] | null;
  readonly filePriorities?: readonly string[] | null;
}): void {
  const [files, priorities] = [select?.join(','), filePriorities?.join(',')];
  try {
    if (files !== undefined) parseSelect(files);
  } catch (error) {
    throw error instanceof RangeError ? new Failure('link', `the choice of files ${error.message}`) : error;
  }
  try {
    if (priorities !== undefined) parseFilePriorities(priorities);
  } catch (error) {
    throw error instanceof RangeError ? new Failure('link', `the priority of files ${error.message}`) : error;
  }
}
