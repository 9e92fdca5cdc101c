import { Readable } from 'node:stream';
import type { RunningProgram } from '../process-group.ts';
import { type ArchiveReader, encrypted, suspect } from './entry.ts';
import { type ListedEntry, listedReader, listOf } from './listed.ts';
import type { Tools } from './tools.ts';

/**
 * No wildcards; UTF-8. Passwords are written to its input, where no other user of the machine sees them; where there is none
 * it is given a wrong one, so that it never waits.
 */
const switches = ['-spd', '-sccUTF-8', '-bd'];
const noPassword = '-plonghaul';
/** Largest dictionary, as a power of two: so much memory is taken at least. */
const largestDictionary = 30;

const kinds: Readonly<Record<string, ListedEntry['kind']>> = { '-': 'file', d: 'directory', l: 'symlink' };

/**
 * A 7z archive, or a zip archive that is encrypted, in parts or of a method that only 7-Zip knows. Passwords are tried in
 * their order, on its smallest encrypted file. Throws `Failure`.
 */
export async function openSevenZip(path: string, tools: Tools, passwords: readonly string[]): Promise<ArchiveReader> {
  const program = await tools.sevenZip();
  for (const password of passwords.length === 0 ? [undefined] : passwords) {
    const start = (command: readonly string[]) =>
      password === undefined
        ? tools.start(program, [...command, noPassword, ...switches, '--', path])
        : tools.start(program, [...command, ...switches, '--', path], Readable.from([`${password}\n`]));
    const { text, code, words, stderr } = await listOf(start(['l', '-slt', '-ba']));
    // Some versions end with another error behind it.
    if (/wrong password|encrypted archive/i.test(`${text.slice(-2000)} ${stderr}`)) continue;
    if (code !== 0) throw suspect(`is damaged, or not whole: ${words}`);
    const entries = readList(text);
    const locked = entries.filter((entry) => entry.encrypted && entry.kind !== 'directory' && entry.size > 0);
    const [smallest] = locked.toSorted((a, b) => a.size - b.size);
    if (smallest && (password === undefined || !(await opens(start, smallest.name)))) continue;
    return listedReader(entries, () => start(['x', '-so']));
  }
  throw encrypted();
}

async function opens(start: (command: readonly string[]) => RunningProgram, name: string): Promise<boolean> {
  const { code } = await listOf(start(['t', `-i!${name}`]));
  return code === 0;
}

/** What `7z l -slt -ba` prints: one block of `Key = value` an entry. Pure. Throws `Failure` (refused, suspect). */
export function readList(text: string): readonly SevenZipEntry[] {
  const blocks = text.replaceAll('\r\n', '\n').split(/\n\s*\n/);
  return blocks.filter((block) => block.trim() !== '').map((block) => entryIn(block));
}

interface SevenZipEntry extends ListedEntry {
  readonly encrypted: boolean;
}

function entryIn(block: string): SevenZipEntry {
  const values = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, key, value] = /^([A-Z][A-Za-z ]*) = ?(.*)$/.exec(line) ?? [];
    // The first counts: a name with a line break in it cannot say something else afterwards.
    if (key !== undefined && value !== undefined && !values.has(key)) values.set(key, value);
  }
  const name = values.get('Path');
  if (name === undefined) throw suspect('has a list of entries that cannot be read');
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
    encrypted: values.get('Encrypted') === '+',
    crc: /^[0-9A-F]{8}$/i.test(crc) ? Number.parseInt(crc, 16) : undefined,
  };
}
