import { dirname } from 'node:path';
import { onDisk } from '../disk/disk-failure.ts';
import { removeOwnPartial, removePartial, shortPartial } from '../disk/partial.ts';
import { settleNames } from '../disk/publish.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn } from '../downloads/ranges.ts';
import type { FetchTarget, Manifest } from '../sources/source.ts';
import { wantedFolder } from './places.ts';
import type { Run } from './run.ts';

/*
 * A file that is there in a moment costs more in commits and syncs than in bytes. It goes the same way as any other, and
 * stops less often: its partial's name says whose it is, so that it needs no sidecar and is recorded together with
 * what the resolve told; its source creates and syncs it; it is recorded once as verified, and once as delivered.
 * Where it does not come in one go (a pause, a failure, a slow server) its first checkpoint writes the sidecar, and from
 * then on it is a partial like any other. What steps follow on goes the long way: there the commits are the least of it.
 */

/** Where the partial will stand, should this download go the short way; undefined: it goes the long one. */
export function shortPartialFor(run: Run, manifest: Manifest): string | undefined {
  const { download } = run.claim;
  const { parts, files } = run;
  const [file, ...more] = manifest.files;
  if (!file || more.length > 0 || manifest.totalBytes === null) return undefined;
  if ((download.options.steps ?? []).length > 0) return undefined;
  if (manifest.totalBytes > parts.policy.shortFile || !parts.sourceNamed(run.source).createsPartials) return undefined;
  const path = shortPartial(wantedFolder(download, file), download.uid);
  const isFirst = files.every(({ partialPath, durable }) => isFree(partialPath, path) && bytesIn(durable) === 0);
  return isFirst ? path : undefined;
}

function isFree(known: string | null, path: string): boolean {
  return known === null || known === path;
}

/** The target of a file whose partial was recorded with the manifest: its source creates it. Throws `Failure`. */
export async function shortTarget(run: Run, path: string): Promise<FetchTarget> {
  const { disk, policy } = run.parts;
  const { download, lease, files } = run.claim;
  const [file] = run.files;
  if (!file) throw new Failure('internal', 'a short download has exactly one file');
  await onDisk(path, () => disk.makeDirectory(dirname(path)));
  // An earlier run may have died, or have been cancelled, before anything of it counted.
  const mayBeThere = lease.token > 1 || files.some(({ partialPath }) => partialPath !== null);
  if (mayBeThere) await removeOwnPartial(disk, path, download.uid);
  return { position: file.position, path, size: file.size, durable: [], create: { mode: policy.fileMode } };
}

/**
 * From the final name to the end: the name is durable before the partial's goes, and both before anything is said of
 * it. False: the lease is lost.
 */
export async function deliverShort(
  run: Run,
  delivered: Parameters<Run['parts']['store']['deliver']>[1],
): Promise<boolean> {
  const { disk, store, clock } = run.parts;
  // A checkpoint that began before the end of the transfer may still write the sidecar.
  await run.checkpoint(false);
  await settleNames(
    disk,
    run.files.flatMap(({ finalPath }) => finalPath ?? []),
  );
  run.signal.throwIfAborted();
  const partials = run.files.flatMap(({ partialPath }) => partialPath ?? []);
  for (const path of partials) {
    if (run.sidecar) await onDisk(path, () => disk.remove(path));
    else await removePartial(disk, path);
  }
  await settleNames(disk, partials);
  run.signal.throwIfAborted();
  return (await store.deliver(run.claim.lease, delivered, clock.now())) !== undefined;
}
