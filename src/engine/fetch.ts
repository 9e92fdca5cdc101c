import { onDisk } from '../disk/disk-failure.ts';
import { filesAtOnce, inLanes } from '../disk/in-lanes.ts';
import { removeOwnPartial, settlePartials } from '../disk/partial.ts';
import type { DownloadFile, DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { bytesIn, cutRanges, missingRanges, type Range } from '../downloads/ranges.ts';
import { wantedOf } from '../downloads/selection.ts';
import { withSelection } from '../sources/select-files.ts';
import type { FetchTarget, FinishedFile, Manifest } from '../sources/source.ts';
import type { Checkpoint } from '../store/store.ts';
import { adoptFound } from './adopt-found.ts';
import { newPartial, ownPartial, sidecarBeside } from './partials.ts';
import { wantedFolder, wantedName } from './places.ts';
import { fileAt, type Run, wantedFiles, writeMissingSidecar } from './run.ts';
import { shortPartialFor, shortTarget } from './short-file.ts';

/**
 * Asks the source what the link contains, and records it. Where the partial cannot be continued (it
 * belongs to another version, or is gone) it is given up here: first in the store, then on disk.
 */
export async function resolveLink(run: Run): Promise<Manifest> {
  const { sourceNamed, volumes } = run.parts;
  const { download } = run.claim;
  const intact = await intactPartials(run);
  const durable = intact?.values().next().value ?? [];
  const resume = download.resumeToken && bytesIn(durable) > 0 ? { token: download.resumeToken, durable } : undefined;
  if (volumes.isShort(download.directory)) await volumes.reserve(run);
  const { options } = download;
  const source = sourceNamed(run.source);
  const found = await source.resolve(
    { link: download.link, options, directory: download.directory, ...(resume ? { resume } : {}) },
    run.signal,
  );
  try {
    const manifest = withSelection(found, options);
    await recordResolved(run, manifest, intact, resume !== undefined);
    return manifest;
  } catch (error) {
    // Nobody will fetch it: an answer that is held open for that ends at once.
    source.discard?.(found);
    throw error;
  }
}

/** `intact`: what stands of the partials; undefined: not all that was recorded. */
async function recordResolved(
  run: Run,
  manifest: Manifest,
  intact: ReadonlyMap<number, readonly Range[]> | undefined,
  resumes: boolean,
): Promise<void> {
  const { store, clock, disk } = run.parts;
  const { download, lease } = run.claim;
  const isHandedOver = run.source !== download.source;
  const otherwise = isHandedOver ? 'it is fetched in another way' : manifest.reason;
  const reason = intact === undefined ? 'the partial file is gone or was cut' : otherwise;
  const restart = intact === undefined || isHandedOver || (resumes && !manifest.continues);
  const [first, another] = manifest.files;
  const name = wantedName(download, { path: another ? manifest.name : (first?.path ?? manifest.name), main: !another });
  const partialPath = intact === undefined ? undefined : shortPartialFor(run, manifest);
  const files = await store.recordManifest(
    lease,
    {
      source: run.source,
      name,
      totalBytes: manifest.totalBytes,
      resumeToken: manifest.resumeToken,
      files: manifest.files,
      restart,
      ...(partialPath === undefined ? {} : { partialPath }),
      ...(reason === undefined ? {} : { reason }),
    },
    clock.now(),
  );
  if (!files) throw new Failure('lost', 'another instance has taken over');
  run.shortPath = partialPath;
  if (restart) await dropPartials(run.files);
  else await dropPartials(run.files.filter(({ position }) => position >= files.length));
  run.files = restart || intact === undefined ? files : withDurable(files, intact);
  run.name = name;
  run.totalBytes = manifest.totalBytes;

  async function dropPartials(old: readonly DownloadFile[]) {
    await inLanes(old, filesAtOnce, async ({ partialPath }) => {
      if (partialPath) await removeOwnPartial(disk, partialPath, download.uid);
    });
  }
}

/** Of a download of very many files no more are recorded in one transaction: others wait for it. */
const mostInOnePulse = 2000;

/** Fetches what is missing into the partials; what arrived is durable and recorded when it returns or throws. */
export async function fetchFiles(run: Run, manifest: Manifest): Promise<readonly FinishedFile[]> {
  const { parts, claim } = run;
  const source = parts.sourceNamed(run.source);
  const targets = await prepareTargets(run, manifest).catch((error: unknown) => {
    source.discard?.(manifest);
    throw error;
  });
  const transfer = source.fetch({
    uid: claim.download.uid,
    manifest,
    targets,
    options: optionsOf(claim.download),
    ...(run.deadline === undefined ? {} : { deadline: run.deadline }),
    onNote: (note) => {
      parts.store.note(claim.lease, 'warning', { message: note }, parts.clock.now()).catch(() => {});
    },
  });
  run.transfer = transfer;
  if (run.rate > 0) transfer.tune({ rate: run.rate });
  try {
    const end = await untilStopped(transfer.done, run.signal);
    if (end.found) return await adoptFound(run, end.found);
    if (end.files.every(({ synced }) => synced)) {
      for (const { position, size } of end.files) run.changeFile(position, { durable: size === 0 ? [] : [[0, size]] });
    } else await recordCheckpoint(run);
    ensureDurable(run, end.files);
    return end.files;
  } catch (thrown) {
    if (worthKeeping(run))
      await recordCheckpoint(run).catch((error) => parts.log.warn({ error }, 'last checkpoint failed'));
    throw thrown;
  } finally {
    // What counts was synced before; a file that does not close properly spoils nothing.
    await transfer.close().catch((error: unknown) => parts.log.warn({ error }, 'a transfer did not close properly'));
    run.transfer = undefined;
  }
}

/** After a wrong checksum all comes over one connection: no joint can be at fault then, nor ranges that are not what they say. */
function optionsOf({ options, errorClass }: Run['claim']['download']): DownloadOptions {
  return errorClass === 'checksum' ? { ...options, connections: 1 } : options;
}

/** Records at once what counts as durable of one file, also where it is less than before. Throws `Failure`. */
export async function recordDurable(run: Run, { id, position }: DownloadFile, ranges: readonly Range[]): Promise<void> {
  if (ranges.length > 0) await writeMissingSidecar(run);
  run.changeFile(position, { durable: ranges });
  await record(run, [{ lease: run.claim.lease, fileId: id, ranges }]);
}

/** Flushes what arrived and records it at once. */
async function recordCheckpoint(run: Run): Promise<void> {
  const checkpoints = await run.checkpoint(true);
  if (checkpoints.length > 0) await record(run, checkpoints);
}

async function record(run: Run, checkpoints: readonly Checkpoint[]): Promise<void> {
  const { store, clock, instance } = run.parts;
  for (let at = 0; at < checkpoints.length; at += mostInOnePulse) {
    const some = checkpoints.slice(at, at + mostInOnePulse);
    const pulse = { instance, leases: [], leaseUntil: 0, checkpoints: some, samples: [] };
    const { lost } = await store.pulse(pulse, clock.now());
    if (lost.length > 0) throw new Failure('lost', 'another instance has taken over');
  }
}

/** A sync that failed is told by nothing else: the bytes can still be read, and a later sync says that all is well. */
function ensureDurable(run: Run, finished: readonly FinishedFile[]): void {
  for (const { position, size } of finished) {
    const file = fileAt(run, position);
    const missing = bytesIn(missingRanges(file?.durable ?? [], size));
    if (missing === 0) continue;
    const where = file?.partialPath ?? run.claim.download.directory;
    throw new Failure('disk', `the disk did not keep ${missing} bytes of ${where}; check the disk`, {
      retry: { when: 'now' },
    });
  }
}

/** A download that is being cancelled, or was lost, records nothing more. */
function worthKeeping(run: Run): boolean {
  if (run.order === undefined) return true;
  if (run.order.by === 'lost') return false;
  return run.order.by !== 'wish' || run.order.wish.wish === 'pause' || run.order.wish.keepPartial === true;
}

/** What is durable of each file that was begun, by its position, as far as it is really on disk; undefined when a partial is gone or was cut. */
async function intactPartials(run: Run): Promise<ReadonlyMap<number, readonly Range[]> | undefined> {
  const { disk } = run.parts;
  const begun = run.files.filter((file) => bytesIn(file.durable) > 0);
  const intact = new Map(begun.map(({ position, durable }) => [position, durable]));
  let isWhole = true;
  await inLanes(begun, filesAtOnce, async ({ position, partialPath, durable }) => {
    if (!isWhole) return;
    const facts = partialPath === null ? undefined : await onDisk(partialPath, () => disk.facts(partialPath));
    const there = cutRanges(durable, facts?.isFile ? facts.size : 0);
    if (bytesIn(there) < bytesIn(durable)) isWhole = false;
    intact.set(position, there);
  });
  return isWhole ? intact : undefined;
}

function withDurable(files: readonly DownloadFile[], intact: ReadonlyMap<number, readonly Range[]>): DownloadFile[] {
  return files.map((file) => {
    const durable = intact.get(file.position);
    return durable ? { ...file, durable } : file;
  });
}

async function prepareTargets(run: Run, manifest: Manifest): Promise<FetchTarget[]> {
  const targets: FetchTarget[] = [];
  await run.parts.volumes.reserve(run);
  const priorities = wantedOf(run.files, run.files.length > 1 ? run.claim.download.options : {});
  if (run.shortPath !== undefined) {
    const path = run.shortPath;
    const target = await shortTarget(run, path);
    run.sidecar = () => sidecarBeside(run, manifest.resumeToken, target.position);
    return [target];
  }
  const kept: string[] = [];
  await inLanes(wantedFiles(run), filesAtOnce, async (file, at) => {
    run.signal.throwIfAborted();
    const folder = wantedFolder(run.claim.download, file);
    const priority = priorities[file.position]?.priority ?? 0;
    const own = await ownPartial(run, manifest.resumeToken, file);
    if (own !== undefined && bytesIn(file.durable) === 0) kept.push(own);
    const path = own ?? (await newPartial(run, manifest.resumeToken, file, folder));
    targets[at] = { position: file.position, path, size: file.size, durable: file.durable, priority };
  });
  await settlePartials(run.parts.disk, kept);
  run.signal.throwIfAborted();
  return targets;
}

async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const onAbort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, stop.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => {});
  }
}
