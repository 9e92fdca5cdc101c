import { removeTree } from '../disk/remove-tree.ts';
import { removeWork } from '../disk/remove-work.ts';
import type { Download, DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import { isUnfinished } from '../downloads/states.ts';
import { giveUpSteps } from '../steps/give-up.ts';
import { workFolder } from '../steps/work-folder.ts';
import { type AskedWish, NotPossible } from '../store/store.ts';
import { checkedLink } from './checked-link.ts';
import type { Controlled } from './commands.ts';
import { findDownload } from './find-download.ts';
import { type CommandParts, livingInstance } from './parts.ts';

/** How long to wait for the instance that holds the download to obey, ms. */
const patience = 3000;
/** A change of the store may go by unseen while we begin to listen: look again after so many ms. */
const lookEvery = 100;

/**
 * Pause, resume, cancel, retry, remove, nudge. What nobody holds changes at once; the holder of a
 * lease is told, and we wait a moment for it. Files are removed after the state is recorded.
 */
export async function controlDownload(
  parts: CommandParts,
  reference: string,
  wish: AskedWish,
  change?: RetryChange,
): Promise<Controlled> {
  const { store, clock, living } = parts;
  const found = await findDownload(parts, reference);
  const isHeld = (await livingInstance(parts, found.lockedBy)) !== undefined;
  if (found.lockedBy && !isHeld) await living.bury(found.lockedBy);
  if (change) await checkedLink(parts, { link: found.link, options: { ...found.options, ...change.options } });
  const files = await store.files(found.id);
  // With its row goes the last that knows of what was begun elsewhere.
  const before = wish.wish === 'remove' && !isHeld ? await giveUpBegun(parts, found) : [];
  const { download, obeyed } = await store.wish(found.id, wish, clock.now(), change);
  if (!obeyed) return untilObeyed(parts, download, wish);
  if (download.directory !== found.directory) await clearAway(parts, found, files, { wish: 'cancel' });
  const left = wish.wish === 'cancel' || wish.wish === 'remove' ? await clearAway(parts, found, files, wish) : [];
  if ((wish.wish === 'cancel' || wish.wish === 'remove') && !wish.keepPartial) await clearSteps(parts, found);
  const givesUp = (wish.wish === 'cancel' && !wish.keepPartial) || wish.wish === 'remove';
  const warnings = givesUp ? await giveUpElsewhere(parts, found) : [];
  warnings.push(...(givesUp && wish.wish === 'cancel' ? await giveUpBegun(parts, found) : before));
  if (wish.wish === 'remove') {
    await store.forget(found.id, clock.now());
    await forgetKept(parts, found);
  }
  return { download, obeyed: true, left, ...(warnings.length === 0 ? {} : { warnings }) };
}

function clearAway(
  { disk }: CommandParts,
  { uid }: Download,
  files: readonly DownloadFile[],
  { keepPartial, deleteFiles }: AskedWish,
): Promise<string[]> {
  return removeWork(disk, files, uid, { partials: !keepPartial, delivered: deleteFiles === true });
}

async function clearSteps({ disk }: CommandParts, download: Download): Promise<void> {
  for (const position of (download.options.steps ?? []).keys()) await removeTree(disk, workFolder(download, position));
}

async function untilObeyed(parts: CommandParts, asked: Download, wish: AskedWish): Promise<Controlled> {
  const { store, clock } = parts;
  const end = clock.monotonic() + patience;
  while (clock.monotonic() < end) {
    const row = await store.get(asked.id);
    if (!row) return { download: asked, obeyed: true, left: [] };
    if (row.wish === null && wish.wish !== 'remove') {
      if (cameTooLate(row, wish)) throw new NotPossible(`download ${row.id} was ${row.status} before it could obey`);
      return { download: row, obeyed: true, left: [] };
    }
    await clock.sleep(lookEvery);
  }
  return { download: asked, obeyed: false, left: [] };
}

/** It came to its end on its own, while the wish was on its way. */
function cameTooLate({ status }: Download, { wish }: AskedWish): boolean {
  return (status === 'completed' || status === 'failed') && (wish === 'pause' || wish === 'cancel');
}

/** So much younger is of somebody who adds it anew, ms; tidying takes what stays. */
const stillWarm = 10_000;

/** What its source kept of it goes with its last row; what cannot be removed now is tidied later. */
async function forgetKept({ store, clock, sourceNamed }: CommandParts, { source, linkKey }: Download): Promise<void> {
  try {
    const [unneeded] = linkKey.startsWith('magnet:') ? await store.unneededKeys([linkKey]) : [];
    if (unneeded !== undefined) await (await sourceNamed(source)).forget?.(unneeded, clock.now() - stillWarm);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** What its steps began elsewhere. */
async function giveUpBegun({ store, clock, giveUpStep }: CommandParts, { id }: Download): Promise<string[]> {
  const leave = (position: number, mark: unknown) => store.leaveMark(id, position, mark);
  const { left } = await giveUpSteps(await store.steps(id), { clock, giveUp: giveUpStep, leave });
  return left.map((text) => `download ${id}: ${text}`);
}

/** A program that does not answer now keeps no download from ending; a person is told what stays there. */
async function giveUpElsewhere({ sourceNamed }: CommandParts, download: Download): Promise<string[]> {
  if (!isUnfinished(download.status) && download.status !== 'failed') return [];
  try {
    const source = await sourceNamed(download.source);
    await source.giveUp?.(download, new AbortController().signal);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.class === 'link') return [];
    return [`download ${download.id}: what ${download.source} has of it stays there (${error.message})`];
  }
}
