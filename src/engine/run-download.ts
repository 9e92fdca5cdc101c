import { basename } from 'node:path';
import type { FileMark } from '../disk/delivered.ts';
import { filesAtOnce, inLanes } from '../disk/in-lanes.ts';
import { removeOwnPartial, removePartial } from '../disk/partial.ts';
import { isPublishedAs, publish, settleNames } from '../disk/publish.ts';
import { isRiskyName } from '../disk/safe-name.ts';
import { type DownloadFile, type DownloadOptions, type Integrity, integrities } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { cutOut } from '../downloads/ranges.ts';
import type { FinishedFile, Manifest } from '../sources/source.ts';
import type { Delivered } from '../store/store.ts';
import { type ToVerify, type Verified, verifyFile, WrongPieces } from '../verify/verify.ts';
import { endRun } from './end-run.ts';
import { fetchFiles, recordDurable, resolveLink } from './fetch.ts';
import { keepWanted } from './keep-wanted.ts';
import { deliveredPath, wantedName } from './places.ts';
import { fileAt, type Run, wantedFiles } from './run.ts';
import { runSteps } from './run-steps.ts';
import { deliverShort } from './short-file.ts';

/**
 * One try at one download, from the claim to the state it leaves in. Never rejects: whatever happens
 * ends in a change of state (`end-run.ts`), or in nothing at all when the lease is lost.
 *
 * Each verb may be the one the process dies in; the next run begins again at the first and finds
 * what the earlier one left: durable ranges, a reserved final name, a published file.
 */
export async function runDownload(run: Run): Promise<void> {
  try {
    if (run.status === 'downloading' && !(await recordIfPublished(run))) {
      const { manifest, finished } = await fetched(run);
      await verifyAndPublish(run, finished, manifest);
      if (finished.every(({ synced }) => synced)) return await deliverAtOnce(run);
      await recordIfPublished(run);
    }
    await finish(run);
  } catch (thrown) {
    await endRun(run, thrown);
  } finally {
    run.parts.volumes.release(run);
  }
}

/** Fetches what the link leads to; a link to a stream is handed over to the source of streams, once it shows. */
async function fetched(run: Run): Promise<{ readonly manifest: Manifest; readonly finished: readonly FinishedFile[] }> {
  try {
    const manifest = await resolveLink(run);
    return { manifest, finished: await fetchFiles(run, manifest) };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.class !== 'stream' || run.source === 'stream') throw thrown;
    run.parts.log.info({ download: run.claim.download.id }, 'it is a stream');
    run.source = 'stream';
    // What has come is the text that names the pieces.
    run.sidecar = undefined;
    for (const { partialPath } of run.files) {
      if (partialPath) await removeOwnPartial(run.parts.disk, partialPath, run.claim.download.uid);
    }
    return fetched(run);
  }
}

/** Verifies every file, then gives each its final name; the name is recorded before it is made. */
async function verifyAndPublish(run: Run, finished: readonly FinishedFile[], manifest: Manifest): Promise<void> {
  await inLanes(finished, filesAtOnce, (end) => {
    run.signal.throwIfAborted();
    return publishVerified(run, end, manifest);
  });
  run.signal.throwIfAborted();
}

/** `anew`: with the checksum as it is by now. That of the claim will do for a short file, since the record refuses another. */
async function publishVerified(run: Run, end: FinishedFile, manifest: Manifest, anew = !end.synced): Promise<void> {
  const { disk, store, clock } = run.parts;
  const { lease, download } = run.claim;
  const { file, partialPath } = partialOf(run, end.position);
  // Whoever followed this download meanwhile may have named one.
  const options = anew && file.main ? (await store.get(download.id))?.options : download.options;
  const checksum = file.main ? options?.checksum : undefined;
  const verified = await verifyPartial(run, file, {
    path: partialPath,
    size: end.size,
    integrity: end.integrity,
    ...(end.synced === undefined ? {} : { facts: end.synced }),
    ...(end.digest === undefined ? {} : { digest: end.digest }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(file.main ? expectedOf(download.options, manifest) : {}),
  });
  const heldAgainst = file.main ? { checksum: checksum ?? null } : {};
  let known: FileMark | undefined;
  let isStricter = false;
  const reserve = async (path: string, mark: FileMark) => {
    known = mark;
    const facts = { finalPath: path, ...verified, ...mark, ...heldAgainst };
    const answer = await store.recordVerified(lease, file.id, facts, clock.now());
    isStricter = answer === 'stricter';
    return answer === 'recorded';
  };
  const finalPath = await publish(disk, partialPath, wantedName(download, file), reserve, { synced: end.synced });
  if (isStricter) return publishVerified(run, end, manifest, true);
  if (finalPath === undefined) throw leaseLost();
  const { integrity, size } = verified;
  run.changeFile(file.position, { finalPath, size, ...known });
  run.integrity = leastSure(run.integrity, integrity);
}

/** Where some of its pieces are wrong only those count as fetched no more, before that is told: the next try fetches them. */
async function verifyPartial(run: Run, file: DownloadFile, facts: ToVerify): Promise<Verified> {
  try {
    return await verifyFile(run.parts.disk, facts, run.signal);
  } catch (error) {
    if (error instanceof WrongPieces) await recordDurable(run, file, cutOut(file.durable, error.ranges));
    throw error;
  }
}

/** What somebody else told of the main file. */
function expectedOf({ pieces, size }: DownloadOptions, { digest }: Manifest): Partial<ToVerify> {
  return {
    ...(pieces ? { pieces } : {}),
    ...(size === undefined ? {} : { announced: size }),
    ...(digest === undefined ? {} : { told: digest }),
  };
}

/**
 * When all files stand under their final names (this run published them, or one that died before it
 * could say so), the download becomes `processing`. Answers whether it did.
 */
async function recordIfPublished(run: Run): Promise<boolean> {
  const { disk, store, clock } = run.parts;
  const files = wantedFiles(run);
  if (files.length === 0) return false;
  if (files.some(({ partialPath, finalPath }) => !partialPath || !finalPath)) return false;
  let isWhole = true;
  await inLanes(files, filesAtOnce, async (file) => {
    const { partialPath, finalPath } = file;
    if (!isWhole || !partialPath || !finalPath) return;
    isWhole = (await isPublishedAs(disk, partialPath, finalPath, file)) && isWhole;
  });
  if (!isWhole) return false;
  await settleNames(disk, pathsOf(run));
  const changed = await store.change(run.claim.lease, { to: 'processing', ...deliveredBy(run) }, clock.now());
  if (!changed) throw leaseLost();
  run.ended('completed');
  run.status = 'processing';
  return true;
}

/** The bytes are in place: what is left of the work goes, the steps run, then the download is completed. */
async function finish(run: Run): Promise<void> {
  const { store, clock } = run.parts;
  const { lease } = run.claim;
  await removePartials(run);
  if (hasSteps(run) && !(await store.recordSettled(lease))) throw leaseLost();
  if (await waitsForSteps(run)) return;
  const end = hasSteps(run) ? await keepWanted(run, await runSteps(run)) : {};
  run.signal.throwIfAborted();
  const seed = mayBeSeeded(run) ? { seed: run.parts.policy.seed ?? 'off' } : {};
  const completed = await store.change(lease, { to: 'completed', ...end, ...seed }, clock.now());
  if (!completed) throw leaseLost();
}

/** Where no place for its steps is left, it is given back until there is one: others may fetch meanwhile. */
async function waitsForSteps(run: Run): Promise<boolean> {
  const { store, clock, placeForSteps } = run.parts;
  const { download, lease } = run.claim;
  const room = hasSteps(run) ? placeForSteps?.(download.id) : undefined;
  return room !== undefined && store.waitForSteps(lease, room, clock.now());
}

function mayBeSeeded({ parts, source }: Run): boolean {
  return parts.seeds?.(source) ?? false;
}

function hasSteps({ claim }: Run): boolean {
  return (claim.download.options.steps ?? []).length > 0;
}

/** The final names are made; those of the partials go. */
async function removePartials(run: Run): Promise<void> {
  const { disk } = run.parts;
  const removed: string[] = [];
  await inLanes(run.files, filesAtOnce, async (file) => {
    run.signal.throwIfAborted();
    const { partialPath, finalPath } = file;
    if (!file.selected && partialPath) await removeOwnPartial(disk, partialPath, run.claim.download.uid);
    if (!file.selected || !partialPath || !finalPath) return;
    if (!(await isPublishedAs(disk, partialPath, finalPath, file))) return;
    await removePartial(disk, partialPath);
    removed.push(partialPath);
  });
  await settleNames(disk, removed);
  run.signal.throwIfAborted();
}

/** The end of a short file: nothing comes between its last byte and `completed`. */
async function deliverAtOnce(run: Run): Promise<void> {
  if (!(await deliverShort(run, deliveredBy(run)))) throw leaseLost();
  run.ended('completed');
}

function deliveredBy(run: Run): Delivered {
  const warning = riskOf(pathsOf(run).map((path) => basename(path)));
  return {
    ...(warning === undefined ? {} : { warning }),
    integrity: run.integrity ?? run.claim.download.integrity ?? 'unverified',
    downloadPath: deliveredPath(run.claim.download, wantedFiles(run)),
    fileSize: wantedFiles(run).reduce((sum, file) => sum + (file.size ?? 0), 0),
  };
}

/** One sentence for all of them; undefined: none is of such a kind. */
function riskOf(names: readonly string[]): string | undefined {
  const risky = names.filter(isRiskyName);
  if (risky.length <= 1) return risky[0] && 'this kind of file can run programs when opened';
  return `${risky.length} of its files are of kinds that can run programs when opened, such as ${risky[0]}`;
}

function pathsOf(run: Run): string[] {
  return wantedFiles(run).flatMap(({ finalPath }) => finalPath ?? []);
}

function leastSure(before: Integrity | undefined, now: Integrity): Integrity {
  return before !== undefined && integrities.indexOf(before) > integrities.indexOf(now) ? before : now;
}

function partialOf(run: Run, position: number) {
  const file = fileAt(run, position);
  if (!file?.partialPath) throw new Failure('internal', `file ${position} was delivered without having been asked for`);
  return { file, partialPath: file.partialPath };
}

function leaseLost(): Failure {
  return new Failure('lost', 'another instance has taken over');
}
