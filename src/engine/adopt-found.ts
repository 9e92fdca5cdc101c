import { dirname } from 'node:path';
import { onDisk } from '../disk/disk-failure.ts';
import { removeOwnPartial } from '../disk/partial.ts';
import type { DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { withSelection } from '../sources/select-files.ts';
import type { FinishedFile, Found, FoundFile } from '../sources/source.ts';
import { newPartial } from './partials.ts';
import { wantedFolder, wantedName } from './places.ts';
import { fileAt, type Run } from './run.ts';

const usualMode = 0o640;

/**
 * Takes over files that a source came to know by fetching them: they become the files of the download, each as a partial
 * of its own, all recorded as durable at once; then the stand-in goes, with its work folder, and with what nobody wants. Before that moment a crash
 * begins anew, after it the next resolve tells these files.
 */
export async function adoptFound(run: Run, found: Found): Promise<readonly FinishedFile[]> {
  const { store, clock, disk, instance } = run.parts;
  const { download, lease } = run.claim;
  const standIns = run.files;
  run.files = [...(await record(run, found))];
  try {
    for (const [position, file] of found.files.entries()) {
      const row = fileAt(run, position);
      if (row?.selected) await take(run, found, file, row);
    }
    run.signal.throwIfAborted();
    run.files = run.files.map((file) => (file.selected && file.size ? { ...file, durable: [[0, file.size]] } : file));
    const checkpoints = run.files.map(({ id, durable }) => ({ lease, fileId: id, ranges: durable }));
    const pulse = { instance, leases: [], leaseUntil: 0, checkpoints, samples: [] };
    if ((await store.pulse(pulse, clock.now())).lost.length > 0) throw leaseLost();
  } finally {
    // No row knows them any more.
    for (const { partialPath } of standIns) if (partialPath) await removeOwnPartial(disk, partialPath, download.uid);
  }
  return run.files.flatMap(({ position, size, selected }) =>
    selected ? [{ position, size: size ?? 0, integrity: found.integrity }] : [],
  );
}

async function record(run: Run, { files, resumeToken }: Found): Promise<readonly DownloadFile[]> {
  const { store, clock } = run.parts;
  const { download, lease } = run.claim;
  const [first, another] = files;
  if (!first) throw new Failure('internal', 'a source found files and told none');
  const told = files.map(({ path, size, main }) => ({ path, size, main }));
  const folder = first.path.split('/', 1)[0] ?? first.path;
  const all = { name: folder, files: told, totalBytes: null, resumeToken, continues: true, plan: undefined };
  const chosen = withSelection(all, download.options).files;
  const name = wantedName(download, { path: another ? folder : first.path, main: !another });
  const totalBytes = chosen.reduce((sum, { size, selected }) => sum + (selected === false ? 0 : (size ?? 0)), 0);
  const facts = { name, totalBytes, resumeToken, files: chosen, restart: false, replaces: true } as const;
  const recorded = await store.recordManifest(lease, facts, clock.now());
  if (!recorded) throw leaseLost();
  run.name = name;
  run.totalBytes = totalBytes;
  return recorded;
}

async function take(run: Run, { resumeToken }: Found, found: FoundFile, file: DownloadFile): Promise<void> {
  const { disk, policy } = run.parts;
  run.signal.throwIfAborted();
  const path = await newPartial(run, resumeToken, file, wantedFolder(run.claim.download, file));
  await onDisk(path, async () => {
    await disk.setMode(found.at, policy.fileMode ?? usualMode);
    const open = disk.open(found.at);
    try {
      await open.sync();
    } finally {
      await open.close();
    }
    await disk.rename(found.at, path);
    await disk.syncDirectory(dirname(path));
  });
}

function leaseLost(): Failure {
  return new Failure('lost', 'another instance has taken over');
}
