import { basename, dirname, join, relative, sep } from 'node:path';
import { markOf } from '../disk/delivered.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { isPublishedAs, publish, settleNames } from '../disk/publish.ts';
import { removeEmptyTree, removeTree } from '../disk/remove-tree.ts';
import { safeName, safePath } from '../disk/safe-name.ts';
import { asFailure, Failure, type FailureClass } from '../downloads/failure.ts';
import type { DownloadStep, OutcomeFile, StepOutcome } from '../downloads/steps.ts';
import { createTracker } from '../downloads/tracker.ts';
import { maskLinks } from '../log/redaction.ts';
import type { StepContext, StepFile, StepReport, StepResult } from '../steps/step.ts';
import { workFolder } from '../steps/work-folder.ts';
import type { MovedFile } from '../store/step-store.ts';
import { afterStep, type Chain, firstChain, nameOf, resultFolder } from './chain.ts';
import type { Run } from './run.ts';

/** A step that does not end after it was told to is left behind after so long, ms. */
const patience = 10_000;

/**
 * The steps after the bytes are in place, in their order, from the first that is not completed. Each goes on from its
 * mark; what it made is published before it counts as done. Answers what the last one left. Throws a `Failure` that
 * names the step, or `Stopped`.
 */
export async function runSteps(run: Run): Promise<Chain> {
  let chain = firstChain(run.files);
  for (const step of await run.parts.store.steps(run.claim.download.id)) {
    run.signal.throwIfAborted();
    const outcome = step.status === 'completed' ? step.outcome : await runStep(run, step, chain);
    chain = afterStep(chain, outcome ?? {});
  }
  return chain;
}

/** Their private folders go; also those that a crash left behind. */
export async function removeWorkFolders(run: Run): Promise<void> {
  const { disk } = run.parts;
  const { download } = run.claim;
  for (const position of (download.options.steps ?? []).keys()) await removeTree(disk, workFolder(download, position));
}

async function runStep(run: Run, step: DownloadStep, chain: Chain): Promise<StepOutcome> {
  const { disk } = run.parts;
  const { download } = run.claim;
  const work = workFolder(download, step.position);
  run.operation = createTracker({ operation: step.kind, clock: run.parts.clock, log: run.parts.log });
  try {
    const made = step.status === 'publishing' ? (step.outcome ?? {}) : await doStep(run, step, chain);
    const outcome = await publishOutcome(run, step, made, resultFolder(download, chain.files));
    const moved = outcome.moved ? await movedFiles(run, chain.files, outcome.files ?? []) : [];
    const { store, clock } = run.parts;
    if (!(await store.completeStep(run.claim.lease, step.position, { outcome, moved }, clock.now()))) throw leaseLost();
    run.stepsDone += 1;
    run.ended('completed', outcome.note);
    await removeTree(disk, work);
    return outcome;
  } catch (thrown) {
    // What it had made so far stays for the next try; where that is nothing, no folder does.
    await removeEmptyTree(disk, work);
    if (run.order) throw thrown;
    throw namedAfter(step, asFailure(thrown));
  }
}

/** Runs it, from its mark; what it made lies in its work folder and is recorded. */
async function doStep(run: Run, step: DownloadStep, chain: Chain): Promise<StepOutcome> {
  const { store, clock, disk, makeStep } = run.parts;
  const { download, lease } = run.claim;
  const work = workFolder(download, step.position);
  // One that has begun (a move, say) knows better where they are.
  if (step.mark === undefined) await ensureThere(run, chain.files);
  if (!(await store.beginStep(lease, step.position, clock.now()))) throw leaseLost();
  await onDisk(work, () => disk.makeDirectory(work));
  const context: StepContext = {
    uid: download.uid,
    name: nameOf(chain.files),
    category: download.category ?? undefined,
    metadata: download.metadata,
    link: maskLinks(download.link),
    files: chain.files,
    resultLink: chain.link,
    directory: resultFolder(download, chain.files),
    work,
  };
  const made = await makeStep(step);
  const result = await untilLeft(run, made.run(context, step.mark, reportOf(run, step), run.signal));
  const outcome = await outcomeOf(run, result, chain);
  const hasOutputs = outcome.files?.some(({ path }) => isInside(work, path)) === true;
  if (hasOutputs && !(await store.recordOutcome(lease, step.position, outcome, clock.now()))) throw leaseLost();
  return outcome;
}

/** Waits for its end also after it was told to stop; a result that came all the same counts. */
async function untilLeft(run: Run, working: Promise<StepResult>): Promise<StepResult> {
  const left = Promise.withResolvers<never>();
  let cancel = () => {};
  const onAbort = () => {
    cancel = run.parts.clock.after(patience, () => left.reject(run.signal.reason));
  };
  run.signal.addEventListener('abort', onAbort, { once: true });
  if (run.signal.aborted) onAbort();
  try {
    return await Promise.race([working, left.promise]);
  } finally {
    cancel();
    run.signal.removeEventListener('abort', onAbort);
    working.catch(() => {});
  }
}

function reportOf(run: Run, step: DownloadStep): StepReport {
  const { store, clock } = run.parts;
  const { lease } = run.claim;
  return {
    progress: (progress) => run.operation.update(progress),
    async mark(mark) {
      if (!(await store.markStep(lease, step.position, mark, clock.now()))) throw leaseLost();
    },
    note(text) {
      const detail = { step: step.kind, number: step.position + 1, note: text };
      store.note(lease, 'step', detail, clock.now()).catch(() => {});
    },
  };
}

/** Its words as they are kept, and the sizes as they are on disk. */
async function outcomeOf(
  { parts: { disk } }: Run,
  { files, moved, link, note, warning, leftElsewhere }: StepResult,
  before: Chain,
): Promise<StepOutcome> {
  const given = new Set(before.files.map(({ path }) => path));
  const found: OutcomeFile[] = [];
  for (const { path, main } of files ?? []) {
    const facts = await onDisk(path, () => disk.facts(path));
    if (!facts?.isFile) throw new Failure('internal', `it told of a file that is not there: ${path}`);
    found.push({ path, size: facts.size, main, ...(given.has(path) ? { handedOn: true } : {}) });
  }
  return {
    ...(files === undefined ? {} : { files: found }),
    ...(moved === undefined ? {} : { moved }),
    ...(link === undefined ? {} : { link }),
    ...(note === undefined ? {} : { note }),
    ...(warning === undefined ? {} : { warning }),
    ...(leftElsewhere === undefined ? {} : { leftElsewhere }),
  };
}

/** Gives what lies in the work folder its final names; told again after a crash, it finds what has them already. */
async function publishOutcome(
  run: Run,
  step: DownloadStep,
  outcome: StepOutcome,
  folder: string,
): Promise<StepOutcome> {
  const { files } = outcome;
  if (!files) return outcome;
  const work = workFolder(run.claim.download, step.position);
  const published: OutcomeFile[] = [];
  for (const file of files) {
    const finalPath = isInside(work, file.path) ? await publishOne(run, step, file, folder) : file.path;
    published.push({ ...file, path: finalPath });
  }
  await settleNames(
    run.parts.disk,
    published.map(({ path }) => path),
  );
  return { ...outcome, files: published };
}

async function publishOne(run: Run, step: DownloadStep, file: OutcomeFile, folder: string): Promise<string> {
  const { disk, store, clock } = run.parts;
  const { download, lease } = run.claim;
  const path = relative(workFolder(download, step.position), file.path).split(sep).join('/');
  const known = (await store.files(download.id)).find((row) => row.step === step.position && row.path === path);
  if (known?.finalPath && (await isPublishedAs(disk, file.path, known.finalPath, known))) return known.finalPath;
  const target = join(folder, ...safePath(path).slice(0, -1));
  await onDisk(target, () => disk.makeDirectory(target));
  const { main, size } = file;
  const finalPath = await publish(
    disk,
    file.path,
    safeName(basename(path)),
    (wanted, mark) =>
      store.recordOutput(lease, step.position, { path, main, size, finalPath: wanted, ...mark }, clock.now()),
    { folder: target },
  );
  if (finalPath === undefined) throw leaseLost();
  return finalPath;
}

async function movedFiles(
  { parts: { disk } }: Run,
  before: readonly StepFile[],
  after: readonly OutcomeFile[],
): Promise<MovedFile[]> {
  const moved: MovedFile[] = [];
  for (const [at, { path: to }] of after.entries()) {
    const from = before[at]?.path;
    if (from !== undefined && from !== to) moved.push({ from, to, ...(await markOf(disk, to)) });
  }
  return moved;
}

/** Steps work on what was delivered, and on nothing else that has its name. */
async function ensureThere({ parts: { disk } }: Run, files: readonly StepFile[]): Promise<void> {
  for (const { path, size } of files) {
    const facts = await onDisk(path, () => disk.facts(path));
    const what = !facts?.isFile ? 'is gone' : facts.size === size ? undefined : 'was changed since it was delivered';
    if (what === undefined) continue;
    const next = 'bring it back and retry, or download it again (--if-exists new)';
    throw new Failure('disk', `${path} ${what}; ${next}`, { retry: { when: 'never' } });
  }
}

function isInside(folder: string, path: string): boolean {
  return join(dirname(path), '/').startsWith(join(folder, '/'));
}

/** What would make the bytes be fetched anew means nothing here: they are in place. */
const inPlace: Partial<Record<FailureClass, FailureClass>> = { checksum: 'suspect', changed: 'protocol' };

function namedAfter({ kind }: DownloadStep, failure: Failure): Failure {
  if (failure.class === 'lost') return failure;
  return new Failure(inPlace[failure.class] ?? failure.class, `${kind}: ${failure.message}`, {
    cause: failure,
    retry: failure.retry,
  });
}

function leaseLost(): Failure {
  return new Failure('lost', 'another instance has taken over');
}
