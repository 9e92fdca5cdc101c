import { createPartial, isUntouched, removeOwnPartial, writeSidecar } from '../disk/partial.ts';
import { isPublishedAs } from '../disk/publish.ts';
import type { DownloadFile, ResumeToken } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn } from '../downloads/ranges.ts';
import { type Sidecar, sidecarFor } from '../downloads/sidecar.ts';
import { wantedName } from './places.ts';
import { fileAt, type Run } from './run.ts';

/**
 * The partial of an earlier run that is to be continued; undefined when there is none. One without durable
 * bytes is removed and not emptied: it may be the file that stands under a final name already. Left are those that are as a
 * run makes them before the first byte: of 100,000 files most are still so. Whether their names would outlive a power loss
 * nobody knows: `settlePartials` sees to it.
 */
export async function ownPartial(run: Run, resumeToken: ResumeToken, file: DownloadFile): Promise<string | undefined> {
  const { disk } = run.parts;
  const { partialPath } = file;
  if (!partialPath || bytesIn(file.durable) > 0) return partialPath ?? undefined;
  if (await isAsLeft(run, resumeToken, file, partialPath)) return partialPath;
  await removeOwnPartial(disk, partialPath, run.claim.download.uid);
  return undefined;
}

/** Nothing was written to it yet; or it is empty as it should be, and has its final name already. */
async function isAsLeft(run: Run, resumeToken: ResumeToken, file: DownloadFile, partialPath: string): Promise<boolean> {
  const { disk } = run.parts;
  if (file.finalPath === null) return isUntouched(disk, partialPath, sidecarFacts(run, resumeToken, file));
  return file.size === 0 && isPublishedAs(disk, partialPath, file.finalPath);
}

/** A new partial with its sidecar, recorded before it is made. */
export async function newPartial(
  run: Run,
  resumeToken: ResumeToken,
  file: DownloadFile,
  folder: string,
): Promise<string> {
  const { disk, store, clock, policy } = run.parts;
  const path = await createPartial(
    disk,
    folder,
    wantedName(run.claim.download, file),
    async (candidate) => {
      const answer = await store.recordPartial(run.claim.lease, file.id, candidate, clock.now());
      if (answer === 'lost') throw new Failure('lost', 'another instance has taken over');
      return answer === 'recorded';
    },
    policy.fileMode,
  );
  run.changeFile(file.position, { partialPath: path });
  await sidecarBeside(run, resumeToken, file.position);
  return path;
}

/**
 * What would rebuild the row of this file, should the database be lost. Each file's tells of that alone: of many files
 * every one would be as long as the list of all.
 */
export async function sidecarBeside(run: Run, resumeToken: ResumeToken, position: number): Promise<void> {
  const file = fileAt(run, position);
  if (!file?.partialPath) throw new Failure('internal', `file ${position} has no partial yet`);
  await writeSidecar(run.parts.disk, file.partialPath, sidecarFacts(run, resumeToken, file));
}

function sidecarFacts({ claim, name, source, totalBytes }: Run, resumeToken: ResumeToken, file: DownloadFile): Sidecar {
  return sidecarFor({ ...claim.download, source, name, totalBytes, resumeToken }, [file]);
}
