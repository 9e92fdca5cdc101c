import * as z from 'zod';
import { Failure } from '../../downloads/failure.ts';
import { type ArchiveReader, suspect } from './entry.ts';
import { type ListedEntry, listedReader, listOf } from './listed.ts';
import type { Tools } from './tools.ts';

/** What `lsar -json` says of an entry, as far as it is needed (XADMaster, XADArchiveParser.h). */
const listed = z.object({
  lsarContents: z.array(
    z.looseObject({
      XADFileName: z.string(),
      XADFileSize: z.number().nonnegative().optional(),
      XADIsDirectory: z.number().optional(),
      XADIsLink: z.number().optional(),
      XADIsEncrypted: z.number().optional(),
      XADIsCorrupted: z.number().optional(),
      XADIsHardLink: z.number().optional(),
      XADLinkDestination: z.string().optional(),
    }),
  ),
});

/** A rar archive, also in parts; the others are found beside the first. Throws `Failure`. */
export async function openRar(path: string, tools: Tools): Promise<ArchiveReader> {
  const { unar, lsar } = await tools.unar();
  const { text, code, words } = await listOf(tools.start(lsar, ['-json', '-no-recursion', path]));
  if (/password|encrypted/i.test(words)) throw encrypted();
  if (code !== 0) throw suspect(`is damaged, or not whole: ${words}`);
  const entries = readRarList(text);
  return listedReader(entries, () => tools.start(unar, ['-quiet', '-no-recursion', '-output-directory', '-', path]));
}

/** Pure. Throws `Failure` (refused, suspect). */
export function readRarList(text: string): readonly ListedEntry[] {
  const contents = listed.safeParse(jsonIn(text));
  if (!contents.success) throw suspect('has a list of entries that cannot be read');
  return contents.data.lsarContents.map((entry) => {
    if (entry.XADIsEncrypted === 1) throw encrypted();
    if (entry.XADIsCorrupted === 1) throw suspect('is damaged');
    const isDirectory = entry.XADIsDirectory === 1;
    const isLink = entry.XADIsLink === 1;
    const crc = entry.RAR5CRC32 ?? entry.RARCRC32;
    return {
      name: entry.XADFileName,
      kind: isDirectory ? 'directory' : isLink ? 'symlink' : 'file',
      size: isDirectory ? 0 : (entry.XADFileSize ?? 0),
      crc: typeof crc === 'number' && !isLink ? crc : undefined,
      ...(entry.XADLinkDestination === undefined ? {} : { target: entry.XADLinkDestination }),
    };
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encrypted(): Failure {
  return new Failure('unsupported', 'is encrypted; Longhaul opens no encrypted rar archives, extract it by hand');
}
