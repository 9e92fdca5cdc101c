import { crc32 } from 'node:zlib';
import type { Entry } from 'yauzl';
import { type ArchiveEntry, type ArchiveReader, damage, encrypted, shown, suspect } from './entry.ts';

/** The methods that need no other program: stored and deflated. */
const methods = new Set([0, 8]);
/** Size of a local header without name and extra field (APPNOTE 4.3.7). */
const localHeaderBytes = 30;
const formatMask = 0o170000;
const specials = new Set([0o010000, 0o020000, 0o060000, 0o140000]);

/** The archive needs a program that knows more methods. */
export class UnknownMethod extends Error {
  override readonly name = 'UnknownMethod';
}

/**
 * A zip archive. All that its directory says is looked at before the first byte comes out: encrypted entries, entries
 * that lie over each other (as in a bomb), too many. Throws `Failure` (suspect, refused), or `UnknownMethod`.
 */
export async function openZip(
  path: string,
  { mostEntries, hasPasswords }: { readonly mostEntries: number; readonly hasPasswords: boolean },
): Promise<ArchiveReader> {
  // Where it is bundled, a CommonJS package has nothing but its default.
  const { default: yauzl } = await import('yauzl');
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  const file = await yauzl.openPromise(path, options).catch((error: unknown) => {
    throw damage(error);
  });
  try {
    const entries: Entry[] = [];
    for await (const entry of file.eachEntry()) {
      if (entries.length >= mostEntries) throw suspect(`holds more than ${mostEntries} entries (extract.max_entries)`);
      entries.push(entry);
    }
    judge(entries, hasPasswords);
    const nameOf = (entry: Entry): string =>
      yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
    return {
      declared: entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
      async *entries() {
        for (const entry of entries) yield entryFrom(entry, nameOf(entry), () => file.openReadStreamPromise(entry));
      },
      close: async () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error instanceof UnknownMethod ? error : damage(error);
  }
}

function judge(entries: readonly Entry[], hasPasswords: boolean): void {
  const isEncrypted = entries.some((entry) => entry.isEncrypted());
  if (isEncrypted && !hasPasswords) throw encrypted();
  const sorted = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const entry of sorted) {
    if (entry.relativeOffsetOfLocalHeader < end) {
      throw suspect('has entries that lie over each other, as in a bomb; nothing of it was extracted');
    }
    end = entry.relativeOffsetOfLocalHeader + localHeaderBytes + entry.fileNameLength + entry.compressedSize;
  }
  if (isEncrypted || entries.some(({ compressionMethod }) => !methods.has(compressionMethod)))
    throw new UnknownMethod();
}

function entryFrom(entry: Entry, name: string, open: () => Promise<NodeJS.ReadableStream>): ArchiveEntry {
  return {
    name,
    kind: kindOf(entry, name),
    async *content() {
      let sum = 0;
      try {
        for await (const portion of (await open()) as AsyncIterable<Buffer>) {
          sum = crc32(portion, sum);
          yield portion;
        }
      } catch (error) {
        throw damage(error);
      }
      if (sum !== entry.crc32) throw suspect(`is damaged: the check sum of "${shown(name)}" is wrong`);
    },
  };
}

/** What Unix wrote in the upper half of the attributes; other systems leave it empty. */
function kindOf(entry: Entry, name: string): ArchiveEntry['kind'] {
  const format = (entry.externalFileAttributes >>> 16) & formatMask;
  if (format === 0o120000) return 'symlink';
  if (specials.has(format)) return 'special';
  return /[/\\]$/.test(name) || format === 0o040000 ? 'directory' : 'file';
}
