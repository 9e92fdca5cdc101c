import { basename, dirname, join } from 'node:path';
import type { Disk, OpenFile } from '../../src/disk/disk.ts';
import { diceOf } from './dice.ts';
import { blockBytes, Directory, errno, FileNode, type Medium } from './medium.ts';
import { type Power, powered, powerUntil } from './power.ts';

export interface SimulatedDiskOptions {
  /** Every operation takes a step before and one after; left out: it never fails. */
  readonly power?: Power;
  /** How long a sync takes; what is written meanwhile is not covered by it. */
  readonly latency?: () => Promise<void>;
  /** False: a file system without hard links. */
  readonly links?: boolean;
  /** What goes wrong: an errno for this operation (`ENOSPC`, `EIO`, …); undefined: nothing. */
  readonly fault?: (operation: Operation) => string | undefined;
}

export interface Operation {
  /** Counted from 1 over all operations of this disk. */
  readonly number: number;
  readonly kind: keyof Disk | keyof OpenFile;
  readonly path: string;
}

/**
 * The `Disk` port over a `Medium`. Each is one process's view of it: after its power went, nothing it does
 * has any effect, and another one over the same medium sees what is left (after `medium.crash(seed)`: what a
 * power loss leaves). A failed sync drops what it should have written.
 */
export function simulatedDisk(medium: Medium, options: SimulatedDiskOptions = {}): Disk {
  const { power = powerUntil(), latency = async () => {}, links = true, fault } = options;
  let operations = 0;

  const disk: Disk = {
    create: (path) =>
      now('create', path, () => {
        const { folder, name } = medium.holderOf(path);
        if (folder.names.has(name)) throw errno('EEXIST', path);
        const file = medium.newFile();
        folder.change(new Map([[name, file]]));
        return opened(file, path);
      }),
    open: (path) => now('open', path, () => opened(fileAt(path), path)),
    facts: (path) =>
      op('facts', path, () => {
        const node = medium.at(path);
        if (!node) return undefined;
        const isFile = node instanceof FileNode;
        return {
          size: isFile ? node.content.length : 0,
          isFile,
          isDirectory: !isFile,
          device: 1,
          inode: node.inode,
          modifiedAt: isFile ? node.modifiedAt : 0,
        };
      }),
    readText: (path) => op('readText', path, () => medium.contentOf(path)?.toString('utf8')),
    writeText,
    link: (from, to) =>
      op('link', to, () => {
        if (!links) throw errno('EPERM', to);
        const file = fileAt(from);
        const { folder, name } = medium.holderOf(to);
        if (folder.names.has(name)) throw errno('EEXIST', to);
        folder.change(new Map([[name, file]]));
      }),
    rename: (from, to) => op('rename', to, () => moveName(from, to)),
    remove: (path) =>
      op('remove', path, () => {
        if (!medium.at(path)) return;
        const { folder, name } = medium.holderOf(path);
        folder.change(new Map([[name, undefined]]));
      }),
    makeDirectory,
    syncDirectory: (path) =>
      op('syncDirectory', path, async () => {
        const node = directoryAt(path);
        const end = node.beginSync();
        await latency();
        power.step();
        end();
      }),
    list: (path) => op('list', path, () => [...directoryAt(path).names.keys()]),
    space: (path) =>
      op('space', path, () => {
        directoryAt(path);
        const total = medium.capacity ?? Number.MAX_SAFE_INTEGER;
        return { free: Math.max(0, total - medium.used), total };
      }),
  };
  return disk;

  /** The same steps as on the real disk, each with its own moment at which the power may fail. */
  async function writeText(path: string, text: string, _mode: number): Promise<void> {
    const temporary = join(dirname(path), `.longhaul-${basename(path)}.tmp`);
    await disk.remove(temporary);
    const file = disk.create(temporary);
    try {
      const bytes = Buffer.from(text);
      file.write(bytes, 0, bytes.length, 0);
      await file.sync();
      await file.close();
      await disk.rename(temporary, path);
    } catch (error) {
      await disk.remove(temporary);
      throw error;
    }
    await disk.syncDirectory(dirname(path));
  }

  /** With the names that it needed, durable at once: a crash in between looks like one before it. */
  function makeDirectory(path: string): Promise<void> {
    return op('makeDirectory', path, () => {
      for (const made of [...ancestorsOf(path), path]) {
        const known = medium.at(made);
        if (known instanceof Directory) continue;
        if (known) throw errno('EEXIST', path);
        const { folder, name } = medium.holderOf(made);
        folder.change(new Map([[name, medium.newDirectory()]]));
        folder.beginSync()();
      }
    });
  }

  function moveName(from: string, to: string): void {
    const [source, target] = [medium.holderOf(from), medium.holderOf(to)];
    const node = source.folder.names.get(source.name);
    if (!node) throw errno('ENOENT', from);
    if (source.folder !== target.folder) throw errno('EXDEV', to);
    source.folder.change(
      new Map([
        [source.name, undefined],
        [target.name, node],
      ]),
    );
  }

  function opened(file: FileNode, path: string): OpenFile {
    return {
      write: (buffer, offset, length, position) =>
        now('write', path, () => {
          const bytes = Buffer.from(buffer.buffer, buffer.byteOffset + offset, length);
          const fits = fitting(file, position, length);
          if (fits > 0) file.write(position, bytes.subarray(0, fits));
          if (fits < length) throw errno('ENOSPC', path);
        }),
      read: (buffer, offset, length, position) =>
        op('read', path, () => file.content.copy(buffer, offset, position, position + length)),
      size: () => op('size', path, () => file.content.length),
      truncate: (size) => op('truncate', path, () => file.resize(size)),
      syncData: () => sync('syncData', file, path),
      sync: () => sync('sync', file, path),
      close: () => op('close', path, () => {}),
    };
  }

  async function sync(kind: 'sync' | 'syncData', file: FileNode, path: string): Promise<void> {
    try {
      await op(kind, path, async () => {
        const end = file.beginSync();
        await latency();
        power.step();
        end();
      });
    } catch (error) {
      file.failSync(diceOf(operations));
      throw error;
    }
  }

  /** How many of these bytes there is room for. */
  function fitting(file: FileNode, position: number, length: number): number {
    if (medium.capacity === undefined) return length;
    let free = Math.floor((medium.capacity - medium.used) / blockBytes);
    for (let at = position; at < position + length; at = (Math.floor(at / blockBytes) + 1) * blockBytes) {
      if (file.holdsBlock(Math.floor(at / blockBytes))) continue;
      if (free === 0) return at - position;
      free -= 1;
    }
    return length;
  }

  function fileAt(path: string): FileNode {
    const node = medium.at(path);
    if (node instanceof FileNode) return node;
    throw errno(node ? 'EISDIR' : 'ENOENT', path);
  }

  function directoryAt(path: string): Directory {
    const node = medium.at(path);
    if (node instanceof Directory) return node;
    throw errno(node ? 'ENOTDIR' : 'ENOENT', path);
  }

  function op<T>(kind: Operation['kind'], path: string, work: () => T | Promise<T>): Promise<T> {
    return powered(power, () => {
      check(kind, path);
      return work();
    });
  }

  function now<T>(kind: Operation['kind'], path: string, work: () => T): T {
    power.step();
    check(kind, path);
    const result = work();
    power.step();
    return result;
  }

  function check(kind: Operation['kind'], path: string): void {
    operations += 1;
    const code = fault?.({ number: operations, kind, path });
    if (code !== undefined) throw errno(code, path);
  }
}

/** The folders above it, outermost first, without the root. */
function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === dirname(parent) ? [] : [...ancestorsOf(parent), parent];
}
