import {
  close,
  constants,
  fdatasync,
  promises as files,
  fstat,
  fsync,
  ftruncate,
  openSync,
  read,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from '../config/make-folder.ts';
import type { Disk, FileFacts, OpenFile } from './disk.ts';
import { sharedSync } from './shared-sync.ts';
import { temporaryFor } from './temporary.ts';

const closeFile = promisify(close);
const syncFile = promisify(fsync);
const syncFileData = promisify(fdatasync);
const truncateFile = promisify(ftruncate);
const factsOfFile = promisify(fstat);

/** Windows has neither flag; there a name is never a link to elsewhere for those without that right. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const partialMode = 0o640;
/** A person's own folders: as the umask says. */
const folderMode = 0o777;

const syncFolder = sharedSync(syncDirectory);

/** Folders whose names are known to be durable, and those of the folders above them. */
const settled = new Set<string>();

/** The disk of this machine. */
export const realDisk: Disk = {
  create: (path, mode = partialMode) =>
    openFile(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | noFollow, mode)),
  open: (path, how) => openFile(openSync(path, (how === 'read' ? constants.O_RDONLY : constants.O_RDWR) | noFollow)),
  facts: (path) => unlessMissing(async () => factsFrom(await files.lstat(path))),
  readText: (path) => unlessMissing(() => files.readFile(path, 'utf8')),
  writeText,
  link: (from, to) => files.link(from, to),
  rename: (from, to) => files.rename(from, to),
  async remove(path) {
    await unlessMissing(() => files.unlink(path));
  },
  removeTree: (path) => files.rm(path, { recursive: true, force: true }),
  setMode: (path, mode) => files.chmod(path, mode & ~process.umask()),
  makeDirectory,
  async removeDirectory(path) {
    await unlessMissing(() => files.rmdir(path));
  },
  syncDirectory: syncFolder,
  list: (path) => files.readdir(path),
  async space(path) {
    const facts = await files.statfs(path);
    return { free: facts.bavail * facts.bsize, total: facts.blocks * facts.bsize };
  },
};

function openFile(descriptor: number): OpenFile {
  let closing: Promise<void> | undefined;
  return {
    write(buffer, offset, length, position) {
      let written = 0;
      while (written < length) {
        written += writeSync(descriptor, buffer, offset + written, length - written, position + written);
      }
    },
    async writeAside(buffer, offset, length, position) {
      let written = 0;
      while (written < length) {
        const { bytesWritten } = await writeOnce(
          descriptor,
          buffer,
          offset + written,
          length - written,
          position + written,
        );
        written += bytesWritten;
      }
    },
    async read(buffer, offset, length, position) {
      let got = 0;
      while (got < length) {
        const { bytesRead } = await readOnce(descriptor, buffer, offset + got, length - got, position + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return got;
    },
    size: async () => (await factsOfFile(descriptor)).size,
    facts: async () => factsFrom(await factsOfFile(descriptor)),
    truncate: (size) => truncateFile(descriptor, size),
    syncData: () => syncFileData(descriptor),
    sync: () => syncFile(descriptor),
    close() {
      closing ??= closeFile(descriptor);
      return closing;
    },
  };
}

/**
 * What is there already may have been made by a process that died before the name was durable: each folder is looked
 * after once.
 */
async function makeDirectory(path: string): Promise<void> {
  const made = new Set(makeFolder(path, folderMode));
  for (const folder of made) settled.delete(folder);
  const doubtful: string[] = [];
  for (let folder = path; folder !== dirname(folder) && !settled.has(folder); folder = dirname(folder)) {
    doubtful.unshift(folder);
  }
  for (const folder of doubtful) {
    await syncFolder(dirname(folder)).catch((error: unknown) => {
      // Where we may not even look we have made nothing.
      if (made.has(folder)) throw error;
    });
    settled.add(folder);
  }
}

const readOnce = promisify(read) as unknown as (
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>;

const writeOnce = promisify(write) as unknown as (
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

async function writeText(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  const temporary = temporaryFor(path);
  await files.rm(temporary, { force: true });
  try {
    await writeDurably(temporary, text, mode);
    await files.rename(temporary, path);
  } catch (error) {
    await files.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeDurably(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  const file = await files.open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Some systems cannot sync a directory (Windows: EPERM, EISDIR); there the rename itself is journaled. */
async function syncDirectory(path: string): Promise<void> {
  let directory: files.FileHandle;
  try {
    directory = await files.open(path, 'r');
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    await directory.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await directory.close();
  }
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function factsFrom(stat: {
  size: number;
  dev: number;
  ino: number;
  mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}): FileFacts {
  return {
    size: stat.size,
    isFile: stat.isFile(),
    isDirectory: stat.isDirectory(),
    device: stat.dev,
    inode: stat.ino,
    modifiedAt: stat.mtimeMs,
  };
}
