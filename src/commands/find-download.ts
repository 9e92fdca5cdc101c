import type { Download } from '../downloads/download.ts';
import { NotFound } from './commands.ts';
import type { CommandParts } from './parts.ts';

/** By id, or by a uid or its beginning. Throws `NotFound`. */
export async function findDownload(parts: Pick<CommandParts, 'store'>, reference: string): Promise<Download> {
  const download = await parts.store.find(reference);
  if (download) return download;
  throw new NotFound(`there is no download ${reference}; longhaul list --all shows what there is`);
}
