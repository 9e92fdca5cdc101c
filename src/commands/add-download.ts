import type { Download } from '../downloads/download.ts';
import { isUnfinished } from '../downloads/states.ts';
import { parseChecksum } from '../verify/checksum.ts';
import type { Added, AddRequest } from './commands.ts';
import { anyEngine, type CommandParts, livingInstance } from './parts.ts';

/**
 * Accepts a link: one row and one event, or the unfinished download that is there for it already.
 * Such a one whose engine has died, or that nobody runs, becomes the asking instance's own.
 */
export async function addDownload(parts: CommandParts, request: AddRequest): Promise<Added> {
  const { store, clock } = parts;
  const source = await parts.sourceFor(request.link);
  const linkKey = source.keyOf(request.link);
  if (request.options?.checksum !== undefined) parseChecksum(request.options.checksum);
  const { download, followed } = await store.add(
    {
      source: source.name,
      link: request.link,
      linkKey,
      directory: request.directory,
      options: request.options ?? {},
      metadata: request.metadata ?? {},
      runner: request.runner ?? null,
      ifExists: request.ifExists ?? 'follow',
    },
    clock.now(),
  );
  const adopted = followed && request.runner ? await adopt(parts, download, request.runner) : download;
  return { download: adopted, followed, willRun: await willRun(parts, adopted, request.runner) };
}

/** Takes a download over that nobody alive runs; otherwise leaves it where it is. */
export async function adopt(parts: CommandParts, download: Download, instance: string): Promise<Download> {
  const { store, clock, living } = parts;
  if (!isUnfinished(download.status) || download.status === 'paused' || download.runner === instance) return download;
  if (await runs(parts, download)) return download;
  if (download.lockedBy) await living.bury(download.lockedBy);
  await store.adopt(download.id, download.runner, instance, clock.now());
  return (await store.get(download.id)) ?? download;
}

async function runs(parts: CommandParts, download: Download): Promise<boolean> {
  if (download.lockedBy) return (await livingInstance(parts, download.lockedBy)) !== undefined;
  if (download.runner !== null) return (await livingInstance(parts, download.runner)) !== undefined;
  return (await anyEngine(parts)) !== undefined;
}

async function willRun(parts: CommandParts, download: Download, asking: string | undefined): Promise<boolean> {
  if (asking !== undefined && download.runner === asking) return true;
  return runs(parts, download);
}
