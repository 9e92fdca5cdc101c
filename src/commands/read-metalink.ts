import { join } from 'node:path';
import { safePath } from '../disk/safe-name.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import type { AddRequest, ListedFile, MetalinkRequest } from './commands.ts';
import type { CommandParts } from './parts.ts';

/** A Metalink is small; bytes. */
const most = 10 << 20;

/** What was meant for the host of the Metalink, and would be a secret told to any other. */
const ownOnly = ['headers', 'user', 'password', 'bearer', 'fingerprint', 'referer'] as const;

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

function withoutOwn(options: NonNullable<AddRequest['options']>): DownloadOptions {
  const kept = Object.entries(options).filter(([name]) => !(ownOnly as readonly string[]).includes(name));
  return Object.fromEntries(kept);
}
