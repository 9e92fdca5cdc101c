import { join } from 'node:path';
import { safePath } from '../disk/safe-name.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import type { ListedFile, MetalinkRequest } from './commands.ts';
import { withoutOwn } from './own-options.ts';
import type { CommandParts } from './parts.ts';

/** A Metalink is small; bytes. */
const most = 10 << 20;

/** The files that a Metalink names, as requests to add. Throws `Failure('link')` for what is no Metalink. */
export async function readMetalink(
  parts: Pick<CommandParts, 'readText'>,
  from: MetalinkRequest,
): Promise<readonly ListedFile[]> {
  const { parseMetalink } = await import('../sources/metalink/metalink.ts');
  const { directory, options = {} } = from;
  const text = 'text' in from ? from.text : await parts.readText(from.link, options, most);
  const origin = 'link' in from ? URL.parse(from.link.trim())?.origin : undefined;
  return parseMetalink(text).map(({ path, links: [first, ...mirrors], checksum, size, pieces }): ListedFile => {
    const segments = safePath(path);
    const listed: DownloadOptions = {
      ...(origin !== undefined && URL.parse(first)?.origin === origin ? options : withoutOwn(options)),
      name: options.name ?? segments.at(-1) ?? path,
      ...(mirrors.length === 0 ? {} : { mirrors }),
      ...(checksum === undefined ? {} : { checksum: options.checksum ?? checksum }),
      ...(size === undefined ? {} : { size }),
      ...(pieces === undefined ? {} : { pieces }),
    };
    return { link: first, directory: join(directory, ...segments.slice(0, -1)), options: listed };
  });
}
