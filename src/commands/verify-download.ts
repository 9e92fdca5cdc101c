import { verdictOnFile } from '../disk/delivered.ts';
import { onDisk } from '../disk/disk-failure.ts';
import type { Download, DownloadFile } from '../downloads/download.ts';
import { asFailure, Failure } from '../downloads/failure.ts';
import { NotPossible } from '../store/store.ts';
import { digestOf, formatChecksum, parseChecksum } from '../verify/checksum.ts';
import { wrongPieces } from '../verify/pieces.ts';
import type { Verification, VerifiedPart } from './commands.ts';
import { findDownload } from './find-download.ts';
import type { CommandParts } from './parts.ts';

/**
 * Looks again at what was delivered: each file's size, and its digest where one was recorded or asked
 * for, otherwise its time of change. Changes nothing but the timeline. Throws `NotFound`, `NotPossible` where nothing was delivered.
 */
export async function verifyDownload(
  parts: Pick<CommandParts, 'store' | 'disk' | 'clock'>,
  reference: string,
  signal: AbortSignal,
): Promise<Verification> {
  const { store, clock } = parts;
  const download = await findDownload(parts, reference);
  const files = (await store.files(download.id)).filter((file) => file.selected && file.finalPath !== null);
  if (download.status !== 'completed' || files.length === 0) {
    throw new NotPossible(
      `download ${download.id} is ${download.status}; only what was delivered can be verified (longhaul show ${download.id})`,
    );
  }
  const checked: VerifiedPart[] = [];
  for (const file of files) checked.push(await verifyFile(parts, download, file, signal));
  const ok = checked.every(({ problem }) => problem === null);
  const problems = checked.flatMap(({ path, problem }) => (problem === null ? [] : [`${path}: ${problem}`]));
  const how = checked.every((file) => file.checked === 'digest') ? 'size and digest' : 'size';
  await store.record(download.id, 'verified', { ok, checked: how, ...(ok ? {} : { problems }) }, clock.now());
  return { download, ok, files: checked };
}

async function verifyFile(
  { disk }: Pick<CommandParts, 'disk'>,
  download: Download,
  file: DownloadFile,
  signal: AbortSignal,
): Promise<VerifiedPart> {
  const path = file.finalPath ?? '';
  const isAsked = file.main && file.step === null;
  const known = file.digest ?? (isAsked ? (download.options.checksum ?? null) : null);
  const part = { path, size: file.size, digest: known, checked: 'size' as const };
  try {
    const facts = await onDisk(path, () => disk.facts(path));
    if (!facts) return { ...part, problem: 'is gone' };
    if (!facts.isFile) return { ...part, problem: 'is not a regular file any more' };
    if (file.size !== null && facts.size !== file.size) {
      return { ...part, problem: `has ${facts.size} bytes where ${file.size} were delivered` };
    }
    const { pieces } = download.options;
    if (known === null && pieces && isAsked) {
      const wrong = await wrongPieces(disk, path, pieces, signal);
      const problem = wrong.length === 0 ? null : `differs in ${wrong.length} of ${pieces.hashes.length} pieces`;
      return { ...part, size: facts.size, checked: 'digest', problem };
    }
    if (known === null) {
      const isTouched = file.identity !== null && verdictOnFile(file, facts) === 'changed';
      const problem = isTouched ? 'was written to or replaced since it was delivered; no digest tells its bytes' : null;
      return { ...part, size: facts.size, problem };
    }
    const wanted = parseChecksum(known);
    const found = await digestOf(disk, path, wanted.algorithm, signal);
    const problem =
      found.hex === wanted.hex
        ? null
        : `has the digest ${formatChecksum(found)} where ${formatChecksum(wanted)} was delivered`;
    return { ...part, size: facts.size, checked: 'digest', problem };
  } catch (error) {
    signal.throwIfAborted();
    const failure = asFailure(error);
    if (!(error instanceof Failure)) throw error;
    return { ...part, problem: failure.message };
  }
}
