import { dirname, join } from 'node:path';
import type { Disk, OpenFile } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { numberedName } from '../../disk/safe-name.ts';
import type { Budget } from './budget.ts';
import { type ArchiveEntry, type ArchiveReader, checkSymlink, placeOf, shown, suspect } from './entry.ts';

export interface Unpacked {
  /** Absolute path and size of each file, and its place in the archive. */
  readonly files: readonly UnpackedFile[];
  /** Symbolic links, which are left out. */
  readonly links: number;
}

export interface UnpackedFile {
  readonly path: string;
  readonly size: number;
  readonly place: readonly string[];
}

export interface UnpackParts {
  readonly disk: Disk;
  readonly budget: Budget;
  /** Of what is extracted. */
  readonly mode: number;
  /** Hears how many bytes were extracted so far. */
  readonly onBytes: (bytes: number) => void;
  /** What an earlier run has extracted of it; the entries of the same archive come in the same order. */
  readonly before?: Extracted | undefined;
  /** Makes durable what was extracted so far; called after every so many bytes. */
  readonly checkpoint: (extracted: Extracted) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Entries that were extracted, from the first. */
export interface Extracted extends Unpacked {
  readonly entries: number;
}

const mostNumbers = 9999;
const portionBytes = 256 * 1024;
/** What comes in about so many bytes is extracted again after a crash. */
const checkpointBytes = 256 * 1024 * 1024;

/**
 * Writes what an archive holds into `folder`, and nothing beside it: of each entry only its bytes, under a name that
 * went through `placeOf`; folders as they are needed; hard links as copies, symbolic links not at all. Throws `Failure`,
 * or the signal's reason.
 */
export async function unpack(reader: ArchiveReader, folder: string, parts: UnpackParts): Promise<Unpacked> {
  const { budget, signal, before, checkpoint } = parts;
  const files = [...(before?.files ?? [])];
  const there = files.reduce((sum, { size }) => sum + size, 0);
  if (reader.declared !== undefined) await budget.declare(reader.declared, there);
  await budget.spend(there);
  /** By its place in the archive, for hard links. */
  const written = new Map(files.map((file) => [file.place.join('/'), file]));
  let links = before?.links ?? 0;
  let [entries, kept] = [0, there];
  for await (const entry of reader.entries()) {
    signal.throwIfAborted();
    budget.entry();
    entries += 1;
    if (entries <= (before?.entries ?? 0)) continue;
    const place = placeOf(entry.name);
    if (entry.kind === 'special') throw suspect(`holds the device or pipe "${shown(entry.name)}"`);
    if (entry.kind === 'symlink') {
      checkSymlink(entry.name, entry.target ?? (await textOf(entry)));
      links += 1;
    } else if (entry.kind !== 'directory') {
      const content = entry.kind === 'file' ? entry.content() : linked(entry, written, parts);
      const file = { ...(await writeFile(content, folder, namedPlace(place, entry), parts)), place };
      written.set(place.join('/'), file);
      files.push(file);
    }
    if (budget.bytes - kept < checkpointBytes) continue;
    kept = budget.bytes;
    await checkpoint({ entries, files, links });
  }
  return { files, links };
}

function namedPlace(place: readonly string[], entry: ArchiveEntry): readonly string[] {
  if (place.length === 0) throw suspect(`holds a file without a name ("${shown(entry.name)}")`);
  return place;
}

/** The bytes of the file to which a hard link leads: it must have come before. */
async function* linked(
  entry: ArchiveEntry,
  written: ReadonlyMap<string, { readonly path: string }>,
  { disk }: UnpackParts,
): AsyncIterable<Uint8Array> {
  const original = written.get(placeOf(entry.target ?? '').join('/'));
  if (!original) throw suspect(`holds a link "${shown(entry.name)}" to a file that is not in it`);
  const file = disk.open(original.path);
  try {
    const buffer = Buffer.allocUnsafe(portionBytes);
    for (let position = 0; ; ) {
      const length = await file.read(buffer, 0, buffer.length, position);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      position += length;
    }
  } finally {
    await file.close();
  }
}

async function writeFile(
  content: AsyncIterable<Uint8Array>,
  folder: string,
  place: readonly string[],
  parts: UnpackParts,
): Promise<{ readonly path: string; readonly size: number }> {
  const wanted = join(folder, ...place);
  return onDisk(wanted, async () => {
    await parts.disk.makeDirectory(dirname(wanted)).catch((error: NodeJS.ErrnoException) => {
      const clash = error.code === 'EEXIST' || error.code === 'ENOTDIR';
      throw clash ? suspect(`holds "${shown(place.join('/'))}" below a file of the same name`, error) : error;
    });
    const { path, file } = createFree(parts, wanted, place.at(-1) ?? '');
    try {
      return { path, size: await pour(content, file, parts) };
    } finally {
      await file.close();
    }
  });
}

/** Two entries of one name are two files. */
function createFree({ disk, mode }: UnpackParts, wanted: string, name: string): { path: string; file: OpenFile } {
  for (let n = 1; ; n += 1) {
    const path = join(dirname(wanted), numberedName(name, n));
    try {
      return { path, file: disk.create(path, mode) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || n === mostNumbers) throw error;
    }
  }
}

/** Small portions are gathered: one write each would cost more than they are worth. */
async function pour(content: AsyncIterable<Uint8Array>, file: OpenFile, parts: UnpackParts): Promise<number> {
  const { budget, onBytes, signal } = parts;
  const gathered = Buffer.allocUnsafe(portionBytes);
  let [held, size] = [0, 0];
  const write = async (bytes: Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    await file.writeAside(bytes, 0, bytes.length, size);
    size += bytes.length;
    onBytes(budget.bytes);
  };
  const empty = async (): Promise<void> => {
    if (held > 0) await write(gathered.subarray(0, held));
    held = 0;
  };
  for await (const portion of content) {
    await budget.spend(portion.length);
    if (held + portion.length > gathered.length) await empty();
    if (portion.length >= gathered.length) {
      await write(portion);
      continue;
    }
    gathered.set(portion, held);
    held += portion.length;
  }
  await empty();
  return size;
}

/** The content of a link, which is where it leads. */
async function textOf(entry: ArchiveEntry): Promise<string> {
  const portions: Uint8Array[] = [];
  let length = 0;
  for await (const portion of entry.content()) {
    length += portion.length;
    if (length > 4096) throw suspect(`holds a link "${shown(entry.name)}" that is too long`);
    portions.push(portion);
  }
  return Buffer.concat(portions).toString('utf8');
}
