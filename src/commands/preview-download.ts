import { join } from 'node:path';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { numberedName, safeName, safePath } from '../disk/safe-name.ts';
import { Failure } from '../downloads/failure.ts';
import { withSelection } from '../sources/select-files.ts';
import type { ManifestFile } from '../sources/source.ts';
import { checkedLink } from './checked-link.ts';
import type { AddRequest, Preview } from './commands.ts';
import type { CommandParts } from './parts.ts';

/** Asks the other side what a link contains, and says where it would go; writes nothing down and nothing to disk. */
export async function previewDownload(
  parts: Pick<CommandParts, 'sourceFor' | 'sourceNamed' | 'checkStep' | 'disk'>,
  request: AddRequest,
  signal: AbortSignal,
): Promise<Preview> {
  const { link, directory } = request;
  const { source: first, options } = await checkedLink(parts, request);
  const content = request.torrent === undefined ? {} : { content: request.torrent };
  const asked = { link, options, directory, ...content };
  let source = first;
  const resolved = await first.resolve(asked, signal).catch(async (error: unknown) => {
    if (!(error instanceof Failure) || error.class !== 'stream') throw error;
    source = await parts.sourceNamed('stream');
    return source.resolve(asked, signal);
  });
  const manifest = withSelection(resolved, options);
  source.discard?.(manifest);
  const files: Preview['files'][number][] = [];
  for (const file of manifest.files) {
    const chosen = file.main ? options.name : undefined;
    const { size, main, selected = true } = file;
    files.push({ path: await freePath(parts.disk, directory, file, chosen), size, main, selected });
  }
  return {
    link,
    source: source.name,
    name: manifest.files.length === 1 ? (options.name ?? manifest.name) : manifest.name,
    totalBytes: manifest.totalBytes,
    files,
    ranges: manifest.ranges ?? null,
    validator: manifest.validator ?? null,
  };
}

/** The name it would get by now: a taken one gets ` (2)`. */
async function freePath(
  disk: Disk,
  directory: string,
  file: ManifestFile,
  chosen: string | undefined,
): Promise<string> {
  const parts = safePath(file.path);
  const folder = join(directory, ...parts.slice(0, -1));
  const name = safeName(chosen ?? parts.at(-1) ?? '');
  for (let n = 1; ; n += 1) {
    const path = join(folder, numberedName(name, n));
    if (n > 9999 || !(await onDisk(path, () => disk.facts(path)))) return path;
  }
}
