import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { checkedLink } from './checked-link.ts';
import type { AddRequest, Duplicate } from './commands.ts';
import type { CommandParts } from './parts.ts';
import { previewDownload } from './preview-download.ts';

/**
 * What was delivered already and still stands: by the same link, or by the same name and size. The name is the one
 * asked for, or the last of the link; only where something of that name was delivered the other side is asked for
 * the size. Undefined where the link is being downloaded now, which is another matter. Throws `Failure('link')`.
 */
export async function duplicateOf(
  parts: Pick<CommandParts, 'store' | 'sourceFor' | 'sourceNamed' | 'checkStep' | 'disk'>,
  request: AddRequest,
): Promise<Duplicate | undefined> {
  const { linkKey } = await checkedLink(parts, request);
  const name = request.options?.name ?? nameIn(request.link);
  const found = await parts.store.delivered({ linkKey, name });
  if (found.byLink && (await stands(parts, found.byLink))) return { download: found.byLink, by: 'link' };
  const standing: Download[] = [];
  for (const one of found.byName) if (await stands(parts, one)) standing.push(one);
  if (standing.length === 0) return undefined;
  const told = await sizeOf(parts, request);
  const same = standing.find((one) => one.name === told?.name && one.fileSize === told?.totalBytes);
  return same && { download: same, by: 'name and size' };
}

/** The last part of a link's path, as it would be a file's name; null where there is none. Pure. */
function nameIn(link: string): string | null {
  const last = URL.parse(link.trim())?.pathname.split('/').at(-1) ?? '';
  try {
    return last === '' ? null : decodeURIComponent(last);
  } catch {
    return last;
  }
}

async function stands({ disk }: Pick<CommandParts, 'disk'>, { downloadPath, fileSize }: Download): Promise<boolean> {
  if (downloadPath === null) return false;
  const facts = await disk.facts(downloadPath).catch(() => undefined);
  return facts !== undefined && (facts.isDirectory || (facts.isFile && facts.size === fileSize));
}

/** Whoever does not answer now will say why when it is downloaded. */
async function sizeOf(
  parts: Pick<CommandParts, 'sourceFor' | 'sourceNamed' | 'checkStep' | 'disk'>,
  request: AddRequest,
) {
  try {
    const { name, totalBytes } = await previewDownload(parts, request, new AbortController().signal);
    return totalBytes === null ? undefined : { name, totalBytes };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
