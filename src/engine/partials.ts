import { createPartial, removeOwnPartial, writeSidecar } from '../disk/partial.ts';
import type { DownloadFile, ResumeToken } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn } from '../downloads/ranges.ts';
import { sidecarFor } from '../downloads/sidecar.ts';
import { wantedName } from './places.ts';
import type { Run } from './run.ts';

/**
 * The partial of an earlier run that is to be continued; undefined when there is none. One without durable
 * bytes is removed and not emptied: it may be the file that stands under a final name already.
 */
export async function ownPartial(run: Run, file: DownloadFile): Promise<string | undefined> {
  const { disk } = run.parts;
  const { partialPath } = file;
  if (!partialPath || bytesIn(file.durable) > 0) return partialPath ?? undefined;
  await removeOwnPartial(disk, partialPath, run.claim.download.uid);
  return undefined;
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
  run.files = run.files.map((each) => (each.id === file.id ? { ...each, partialPath: path } : each));
  await sidecarBeside(run, resumeToken, path);
  return path;
}

/** What would rebuild the row of this partial, should the database be lost. */
export async function sidecarBeside(run: Run, resumeToken: ResumeToken, path: string): Promise<void> {
  const { name, source } = run;
  const facts = { ...run.claim.download, source, name, resumeToken };
  await writeSidecar(run.parts.disk, path, sidecarFor(facts, run.files));
}
