import type { Download } from '../downloads/download.ts';
import { NotFound } from './commands.ts';
import type { CommandParts } from './parts.ts';

/** Of those that a beginning of a uid could mean, so many are looked at, and named. */
const most = { counted: 100, named: 5 } as const;

/** By id, or by a uid or its beginning. Throws `NotFound`, which names those that an ambiguous beginning could mean. */
export async function findDownload(parts: Pick<CommandParts, 'store'>, reference: string): Promise<Download> {
  const download = await parts.store.find(reference);
  if (download) return download;
  const several = await parts.store.findAll(reference, most.counted);
  if (several.length > 0)
    throw new NotFound(`${shown(reference)} could be ${ambiguity(several)}; write more of it, or the id`);
  throw new NotFound(`there is no download ${shown(reference)}; longhaul list --all shows what there is`);
}

/** In quotes where it is no plain word, so that it is seen what was asked for. */
function shown(reference: string): string {
  return /^[\w.-]+$/.test(reference) ? reference : JSON.stringify(reference);
}

/** `2 downloads: 4 (01a1fdaf-12), 5 (01a1fdaf-13)`: each with as much of its uid as tells it from the others. Pure. */
export function ambiguity(downloads: readonly Pick<Download, 'id' | 'uid'>[]): string {
  const named = downloads.slice(0, most.named).map(({ id, uid }, n) => {
    const shared = Math.max(
      ...[downloads[n - 1], downloads[n + 1]].map((other) => sharedLength(uid, other?.uid ?? '')),
    );
    return `${id} (${uid.slice(0, shared + 1)})`;
  });
  const count =
    downloads.length >= most.counted ? `${most.counted} downloads or more` : `${downloads.length} downloads`;
  return `${count}: ${named.join(', ')}${downloads.length > named.length ? ', …' : ''}`;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
