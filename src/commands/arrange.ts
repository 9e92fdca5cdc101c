import { categoryNamed } from '../config/categories.ts';
import { parsePriority } from '../config/priority.ts';
import { parseSeed } from '../config/seed.ts';
import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { Place } from '../downloads/place.ts';
import type { NewDownload } from '../store/store.ts';
import { checkedChoice } from './checked-link.ts';
import type { AddRequest, SetRequest } from './commands.ts';
import { findDownload } from './find-download.ts';
import { limitDownload } from './limit.ts';
import type { CommandParts } from './parts.ts';

/** Moves a download among those of its priority that wait. */
export async function moveDownload(parts: CommandParts, reference: string, place: Place): Promise<Download> {
  const { id } = await findDownload(parts, reference);
  return parts.store.move(id, place, parts.clock.now());
}

/** Changes what a download is counted with, and its own limit. Throws RangeError, `Failure('link')` for an unknown category. */
export async function setDownload(parts: CommandParts, reference: string, request: SetRequest): Promise<Download> {
  const { rate, ...facts } = request;
  const counted = countedWith(parts, facts);
  checkedChoice(facts);
  const { id, source } = await findDownload(parts, reference);
  if (facts.seed !== undefined) await checkSeed(parts, source, facts.seed);
  if (rate !== undefined) await limitDownload(parts, reference, rate);
  return parts.store.set(id, counted, parts.clock.now());
}

/** Throws RangeError, `Failure('link')` for what nobody could be sent. */
async function checkSeed({ sourceNamed }: CommandParts, source: string, seed: string): Promise<void> {
  parseSeed(seed);
  if ((await sourceNamed(source)).seed) return;
  throw new Failure('link', `what ${source} downloads cannot be seeded; only torrents are sent to others`);
}

/** Priority and category of a new download; its category says the priority where nobody does. */
export function placedWith(
  parts: Pick<CommandParts, 'categories'>,
  { priority, category }: Pick<AddRequest, 'priority' | 'category'>,
): Pick<NewDownload, 'priority' | 'category'> {
  if (category === undefined) return countedWith(parts, priority === undefined ? {} : { priority });
  const usual = known(() => categoryNamed(parts.categories, category)).priority;
  const wanted = priority ?? usual;
  return countedWith(parts, { category, ...(wanted === undefined ? {} : { priority: wanted }) });
}

function countedWith<Facts extends Pick<SetRequest, 'priority' | 'category'>>(
  { categories }: Pick<CommandParts, 'categories'>,
  facts: Facts,
): Facts {
  const { priority, category } = facts;
  if (category !== undefined && category !== null) known(() => categoryNamed(categories, category));
  return priority === undefined ? facts : { ...facts, priority: known(() => parsePriority(priority)) };
}

function known<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw error instanceof RangeError ? new Failure('link', error.message) : error;
  }
}
