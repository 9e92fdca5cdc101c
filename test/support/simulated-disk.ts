import { dirname } from 'node:path';
import type { Disk, FileFacts, OpenFile } from '../../src/disk/disk.ts';
import { temporaryFor } from '../../src/disk/temporary.ts';
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
  return new SimulatedDisk(medium, options);
}

/** Its operations are fields, so that a test can spread it and put its own in the place of one. */
class SimulatedDisk implements Disk {
  readonly #medium: Medium;
  readonly #power: Power;
  readonly #latency: () => Promise<void>;
  readonly #links: boolean;
  readonly #fault: SimulatedDiskOptions['fault'];
  /** Folders whose names are known to be durable. */
  readonly #settled = new Set<string>();
  #operations = 0;

  constructor(medium: Medium, options: SimulatedDiskOptions) {
    this.#medium = medium;
    this.#power = options.power ?? powerUntil();
    this.#latency = options.latency ?? (async () => {});
    this.#links = options.links ?? true;
    this.#fault = options.fault;
  }

  readonly create: Disk['create'] = (path) =>
    this.#now('create', path, () => {
      const { folder, name } = this.#medium.holderOf(path);
      if (folder.names.has(name)) throw errno('EEXIST', path);
      const file = this.#medium.newFile();
      folder.change(new Map([[name, file]]));
      return this.#opened(file, path);
    });

  readonly open: Disk['open'] = (path) => this.#now('open', path, () => this.#opened(this.#fileAt(path), path));

  readonly facts: Disk['facts'] = (path) =>
    this.#op('facts', path, () => {
      const node = this.#medium.at(path);
      return node && factsOf(node);
    });

  readonly readText: Disk['readText'] = (path) =>
    this.#op('readText', path, () => this.#medium.contentOf(path)?.toString('utf8'));

  readonly link: Disk['link'] = (from, to) =>
    this.#op('link', to, () => {
      if (!this.#links) throw errno('EPERM', to);
      const file = this.#fileAt(from);
      const { folder, name } = this.#medium.holderOf(to);
      if (folder.names.has(name)) throw errno('EEXIST', to);
      folder.change(new Map([[name, file]]));
    });

  readonly rename: Disk['rename'] = (from, to) => this.#op('rename', to, () => this.#moveName(from, to));

  readonly remove: Disk['remove'] = (path) =>
    this.#op('remove', path, () => {
      if (!this.#medium.at(path)) return;
      const { folder, name } = this.#medium.holderOf(path);
      folder.change(new Map([[name, undefined]]));
    });

  readonly removeDirectory: Disk['removeDirectory'] = (path) =>
    this.#op('removeDirectory', path, () => {
      if (!this.#medium.at(path)) return;
      if (this.#directoryAt(path).names.size > 0) throw errno('ENOTEMPTY', path);
      const { folder, name } = this.#medium.holderOf(path);
      folder.change(new Map([[name, undefined]]));
    });

  /** A folder that loses its name takes along what is in it. */
  readonly removeTree: Disk['removeTree'] = (path) => this.remove(path);

  readonly setMode: Disk['setMode'] = (path) => this.#op('setMode', path, () => void this.#fileAt(path));

  readonly syncDirectory: Disk['syncDirectory'] = (path) =>
    this.#op('syncDirectory', path, async () => {
      const node = this.#directoryAt(path);
      const end = node.beginSync();
      await this.#latency();
      this.#power.step();
      end();
    });

  readonly list: Disk['list'] = (path) => this.#op('list', path, () => [...this.#directoryAt(path).names.keys()]);

  readonly space: Disk['space'] = (path) =>
    this.#op('space', path, () => {
      this.#directoryAt(path);
      const total = this.#medium.capacity ?? Number.MAX_SAFE_INTEGER;
      return { free: Math.max(0, total - this.#medium.used), total };
    });

  /** The same steps as on the real disk, each with its own moment at which the power may fail. */
  readonly writeText: Disk['writeText'] = async (path, text) => {
    const temporary = temporaryFor(path);
    await this.remove(temporary);
    const file = this.create(temporary);
    try {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      file.write(bytes, 0, bytes.length, 0);
      await file.sync();
      await file.close();
      await this.rename(temporary, path);
    } catch (error) {
      await this.remove(temporary);
      throw error;
    }
    await this.syncDirectory(dirname(path));
  };

  /** Folder by folder, then sync by sync; what an earlier process made is looked after once. */
  readonly makeDirectory: Disk['makeDirectory'] = async (path) => {
    const folders = [...ancestorsOf(path), path];
    for (const each of folders) await this.#op('makeDirectory', each, () => this.#makeOne(each));
    for (const each of folders) {
      if (this.#settled.has(each)) continue;
      await this.syncDirectory(dirname(each));
      this.#settled.add(each);
    }
  };

  #makeOne(path: string): void {
    const known = this.#medium.at(path);
    if (known instanceof Directory) return;
    if (known) throw errno('EEXIST', path);
    const { folder, name } = this.#medium.holderOf(path);
    folder.change(new Map([[name, this.#medium.newDirectory()]]));
    this.#settled.delete(path);
  }

  #moveName(from: string, to: string): void {
    const [source, target] = [this.#medium.holderOf(from), this.#medium.holderOf(to)];
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

  #opened(file: FileNode, path: string): OpenFile {
    const write = (buffer: Uint8Array, offset: number, length: number, position: number): void => {
      const bytes = Buffer.from(buffer.buffer, buffer.byteOffset + offset, length);
      const fits = this.#fitting(file, position, length);
      if (fits > 0) file.write(position, bytes.subarray(0, fits));
      if (fits < length) throw errno('ENOSPC', path);
    };
    return {
      write: (buffer, offset, length, position) =>
        this.#now('write', path, () => write(buffer, offset, length, position)),
      writeAside: (buffer, offset, length, position) =>
        this.#op('writeAside', path, () => write(buffer, offset, length, position)),
      read: (buffer, offset, length, position) =>
        this.#op('read', path, () => file.content.copy(buffer, offset, position, position + length)),
      size: () => this.#op('size', path, () => file.content.length),
      facts: () => this.#op('facts', path, () => factsOf(file)),
      truncate: (size) => this.#op('truncate', path, () => file.resize(size)),
      syncData: () => this.#sync('syncData', file, path),
      sync: () => this.#sync('sync', file, path),
      close: () => this.#op('close', path, () => {}),
    };
  }

  async #sync(kind: 'sync' | 'syncData', file: FileNode, path: string): Promise<void> {
    try {
      await this.#op(kind, path, async () => {
        const end = file.beginSync();
        await this.#latency();
        this.#power.step();
        end();
      });
    } catch (error) {
      file.failSync(diceOf(this.#operations));
      throw error;
    }
  }

  /** How many of these bytes there is room for. */
  #fitting(file: FileNode, position: number, length: number): number {
    if (this.#medium.capacity === undefined) return length;
    let free = Math.floor((this.#medium.capacity - this.#medium.used) / blockBytes);
    for (let at = position; at < position + length; at = (Math.floor(at / blockBytes) + 1) * blockBytes) {
      if (file.holdsBlock(Math.floor(at / blockBytes))) continue;
      if (free === 0) return at - position;
      free -= 1;
    }
    return length;
  }

  #fileAt(path: string): FileNode {
    const node = this.#medium.at(path);
    if (node instanceof FileNode) return node;
    throw errno(node ? 'EISDIR' : 'ENOENT', path);
  }

  #directoryAt(path: string): Directory {
    const node = this.#medium.at(path);
    if (node instanceof Directory) return node;
    throw errno(node ? 'ENOTDIR' : 'ENOENT', path);
  }

  #op<T>(kind: Operation['kind'], path: string, work: () => T | Promise<T>): Promise<T> {
    return powered(this.#power, () => {
      this.#check(kind, path);
      return work();
    });
  }

  #now<T>(kind: Operation['kind'], path: string, work: () => T): T {
    this.#power.step();
    this.#check(kind, path);
    const result = work();
    this.#power.step();
    return result;
  }

  #check(kind: Operation['kind'], path: string): void {
    this.#operations += 1;
    const code = this.#fault?.({ number: this.#operations, kind, path });
    if (code !== undefined) throw errno(code, path);
  }
}

function factsOf(node: FileNode | Directory): FileFacts {
  const isFile = node instanceof FileNode;
  return {
    size: isFile ? node.content.length : 0,
    isFile,
    isDirectory: !isFile,
    device: 1,
    inode: node.inode,
    modifiedAt: isFile ? node.modifiedAt : 0,
  };
}

/** The folders above it, outermost first, without the root. */
function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === dirname(parent) ? [] : [...ancestorsOf(parent), parent];
}
