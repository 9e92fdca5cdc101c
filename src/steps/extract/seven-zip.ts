import { Failure } from '../../downloads/failure.ts';
import { type ArchiveReader, suspect } from './entry.ts';
import { type ListedEntry, listedReader, listOf } from './listed.ts';
import type { Tools } from './tools.ts';

/** Asked with a password, so that it never waits for one; no wildcards; UTF-8. */
const switches = ['-plonghaul', '-spd', '-sccUTF-8', '-bd'];
/** Largest dictionary, as a power of two: so much memory is taken at least. */
const largestDictionary = 30;

const kinds: Readonly<Record<string, ListedEntry['kind']>> = { '-': 'file', d: 'directory', l: 'symlink' };

/** A 7z archive, or a zip archive in parts or of a method that only 7-Zip knows. Throws `Failure`. */
export async function openSevenZip(path: string, tools: Tools): Promise<ArchiveReader> {
  const program = await tools.sevenZip();
  const { text, code, words } = await listOf(tools.start(program, ['l', '-slt', '-ba', ...switches, '--', path]));
  if (/wrong password|encrypted archive/i.test(`${text.slice(-2000)} ${words}`)) throw encrypted();
  if (code !== 0) throw suspect(`is damaged, or not whole: ${words}`);
  const entries = readList(text);
  return listedReader(entries, () => tools.start(program, ['x', '-so', ...switches, '--', path]));
}

/** What `7z l -slt -ba` prints: one block of `Key = value` an entry. Pure. Throws `Failure` (refused, suspect). */
export function readList(text: string): readonly ListedEntry[] {
  const blocks = text.replaceAll('\r\n', '\n').split(/\n\s*\n/);
  return blocks.filter((block) => block.trim() !== '').map((block) => entryIn(block));
}

function entryIn(block: string): ListedEntry {
  const values = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, key, value] = /^([A-Z][A-Za-z ]*) = ?(.*)$/.exec(line) ?? [];
    // The first counts: a name with a line break in it cannot say something else afterwards.
    if (key !== undefined && value !== undefined && !values.has(key)) values.set(key, value);
  }
  const name = values.get('Path');
  if (name === undefined) throw suspect('has a list of entries that cannot be read');
  if (values.get('Encrypted') === '+') throw encrypted();
  const [, power] = /LZMA2?:(\d+)(?![\dkmg])/i.exec(values.get('Method') ?? '') ?? [];
  if (Number(power ?? 0) > largestDictionary) throw suspect('needs more than 1 GiB of memory to be extracted');
  const attributes = values.get('Attributes') ?? '';
  const [, unix] = /(?:^|\s)([-a-z])[-rwxsStT]{9}$/.exec(attributes) ?? [];
  const isFolder = values.get('Folder') === '+' || /^D/.test(attributes);
  const size = Number(values.get('Size') ?? '');
  if (!Number.isSafeInteger(size) || size < 0) throw suspect('has a list of entries that cannot be read');
  const crc = values.get('CRC') ?? '';
  return {
    name,
    kind: isFolder ? 'directory' : unix === undefined ? 'file' : (kinds[unix] ?? 'special'),
    size: isFolder ? 0 : size,
    crc: /^[0-9A-F]{8}$/i.test(crc) ? Number.parseInt(crc, 16) : undefined,
  };
}

function encrypted(): Failure {
  return new Failure('refused', 'is encrypted, and Longhaul knows no password; extract it by hand');
}
