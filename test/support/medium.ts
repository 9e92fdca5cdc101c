import { type Dice, diceOf } from './dice.ts';

/**
 * What a disk holds: the files and names as programs see them now, and beside them what surely stands on
 * the platters. In between lie the changes that no sync has covered yet; after a power loss each of them
 * may have happened or not.
 */
export interface Medium {
  readonly root: Directory;
  /** Bytes it has room for; undefined: as many as are wanted. */
  capacity: number | undefined;
  readonly used: number;
  /** What is under this path. */
  at(path: string): Node | undefined;
  /** The folder that holds this path, and the name in it. */
  holderOf(path: string): { readonly folder: Directory; readonly name: string };
  newFile(): FileNode;
  newDirectory(): Directory;
  /** Bytes of a file as they are read now; undefined when there is none. */
  contentOf(path: string): Buffer | undefined;
  /** Somebody else's file, durable at once; folders are made as needed. */
  put(path: string, content: Buffer): void;
  /** All files, by path. */
  files(): ReadonlyMap<string, FileNode>;
  /**
   * The power goes and comes back. Of a file, every sector is found as it was after one of the writes to it since
   * the last sync, or before them all; its size likewise. Of a folder, some first part of the changes to its
   * names has happened.
   */
  crash(seed: number): void;
}

export type Node = FileNode | Directory;

type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'size'; readonly size: number };

/** One file, under however many names. */
export class FileNode {
  readonly inode: number;
  /** As programs see it. */
  content: Buffer = Buffer.alloc(0);
  /** Another one for each file: none is taken for another of the same size. */
  modifiedAt: number;
  #stable: Buffer = Buffer.alloc(0);
  #pending: Change[] = [];
  readonly #blocks = new Set<number>();

  constructor(inode: number) {
    this.inode = inode;
    this.modifiedAt = inode * apart;
  }

  /** Blocks of `blockBytes` that take up room. */
  get blocks(): number {
    return this.#blocks.size;
  }

  /** True when writing there takes up no further room. */
  holdsBlock(block: number): boolean {
    return this.#blocks.has(block);
  }

  write(at: number, bytes: Buffer): void {
    this.#change({ kind: 'write', at, bytes: Buffer.from(bytes) });
    const last = Math.floor((at + bytes.length - 1) / blockBytes);
    for (let block = Math.floor(at / blockBytes); block <= last; block += 1) this.#blocks.add(block);
  }

  resize(size: number): void {
    this.#change({ kind: 'size', size });
    for (const block of this.#blocks) if (block * blockBytes >= size) this.#blocks.delete(block);
  }

  /** Begins a sync; what is called later makes durable what was written before this moment. */
  beginSync(): () => void {
    const covered = new Set(this.#pending);
    return () => {
      for (const change of this.#pending) if (covered.has(change)) this.#stable = changed(this.#stable, change);
      this.#pending = this.#pending.filter((change) => !covered.has(change));
      if (this.#pending.length === 0) this.#stable = changed(this.#stable, { kind: 'size', size: this.content.length });
    };
  }

  /**
   * A sync fails as on Linux: pages that could not be written count as clean from now on, so no later
   * sync writes them, though they are still read from memory.
   */
  failSync(dice: Dice): void {
    this.#stable = this.#found(dice);
    this.#pending = [];
  }

  crash(dice: Dice): void {
    this.#stable = this.#found(dice);
    this.content = Buffer.from(this.#stable);
    this.#pending = [];
  }

  #change(change: Change): void {
    this.#pending.push(change);
    this.content = changed(this.content, change);
  }

  #found(dice: Dice): Buffer {
    const pending = this.#pending;
    const mood = dice.pick(['nothing', 'everything', 'any', 'any', 'any'] as const);
    const upTo = () =>
      mood === 'nothing' ? 0 : mood === 'everything' ? pending.length : dice.between(0, pending.length);
    const size = pending.slice(0, upTo()).reduce(sizeAfter, this.#stable.length);
    const found = Buffer.alloc(size, dice.pick([0, 0xdb]));
    const sector = dice.pick([512, 4096]);
    for (let from = 0; from < size; from += sector) {
      const happened = pending.slice(0, upTo());
      sectorAfter(this.#stable, happened, from, Math.min(size, from + sector)).copy(found, from);
    }
    return found;
  }
}

/** Names, each for a file or a folder. */
export class Directory {
  readonly inode: number;
  readonly names = new Map<string, Node>();
  readonly #stable = new Map<string, Node>();
  /** Each one happens as a whole: a rename takes one name and gives the other. */
  #pending: ReadonlyMap<string, Node | undefined>[] = [];

  constructor(inode: number) {
    this.inode = inode;
  }

  change(names: ReadonlyMap<string, Node | undefined>): void {
    this.#pending.push(names);
    for (const [name, node] of names) setName(this.names, name, node);
  }

  beginSync(): () => void {
    const covered = new Set(this.#pending);
    return () => {
      for (const change of this.#pending) if (covered.has(change)) this.#settle(change);
      this.#pending = this.#pending.filter((change) => !covered.has(change));
    };
  }

  crash(dice: Dice): void {
    for (const change of this.#pending.slice(0, dice.between(0, this.#pending.length))) this.#settle(change);
    this.#pending = [];
    this.names.clear();
    for (const [name, node] of this.#stable) this.names.set(name, node);
  }

  #settle(change: ReadonlyMap<string, Node | undefined>): void {
    for (const [name, node] of change) setName(this.#stable, name, node);
  }
}

/** Times of change of any two files differ by at least so many ms. */
const apart = 10_000;

/** Room is given out in these. */
export const blockBytes = 4096;

export function createMedium(): Medium {
  let inodes = 1;
  const root = new Directory(1);
  const medium: Medium = {
    root,
    capacity: undefined,
    get used() {
      return [...new Set(medium.files().values())].reduce((sum, file) => sum + file.blocks * blockBytes, 0);
    },
    at: (path) =>
      partsOf(path).reduce<Node | undefined>(
        (node, name) => (node instanceof Directory ? node.names.get(name) : undefined),
        root,
      ),
    holderOf(path) {
      const parts = partsOf(path);
      const name = parts.at(-1) ?? '';
      const folder = medium.at(parts.slice(0, -1).join('/'));
      if (!(folder instanceof Directory)) throw errno(folder ? 'ENOTDIR' : 'ENOENT', path);
      return { folder, name };
    },
    newFile() {
      inodes += 1;
      return new FileNode(inodes);
    },
    newDirectory() {
      inodes += 1;
      return new Directory(inodes);
    },
    contentOf(path) {
      const node = medium.at(path);
      return node instanceof FileNode ? node.content : undefined;
    },
    put(path, content) {
      const parts = partsOf(path);
      let folder = root;
      for (const name of parts.slice(0, -1)) {
        const known = folder.names.get(name);
        const next = known instanceof Directory ? known : medium.newDirectory();
        if (next !== known) add(folder, name, next);
        folder = next;
      }
      const file = medium.newFile();
      if (content.length > 0) file.write(0, content);
      file.beginSync()();
      add(folder, parts.at(-1) ?? '', file);
    },
    files() {
      const found = new Map<string, FileNode>();
      collect(root, '', found);
      return found;
    },
    crash(seed) {
      const dice = diceOf(seed);
      crashTree(root, dice, new Set());
    },
  };
  return medium;
}

export function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code, path });
}

function add(folder: Directory, name: string, node: Node): void {
  folder.change(new Map([[name, node]]));
  folder.beginSync()();
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function setName(names: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node) names.set(name, node);
  else names.delete(name);
}

function collect(folder: Directory, path: string, into: Map<string, FileNode>): void {
  for (const [name, node] of folder.names) {
    if (node instanceof Directory) collect(node, `${path}/${name}`, into);
    else into.set(`${path}/${name}`, node);
  }
}

/** A file under two names is found once. */
function crashTree(folder: Directory, dice: Dice, seen: Set<Node>): void {
  folder.crash(dice);
  for (const node of folder.names.values()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node instanceof Directory) crashTree(node, dice, seen);
    else node.crash(dice);
  }
}

function sizeAfter(size: number, change: Change): number {
  return change.kind === 'size' ? change.size : Math.max(size, change.at + change.bytes.length);
}

function changed(content: Buffer, change: Change): Buffer {
  const size = sizeAfter(content.length, change);
  const result = size === content.length ? Buffer.from(content) : Buffer.alloc(size);
  if (result.length !== content.length) content.copy(result);
  if (change.kind === 'write') change.bytes.copy(result, change.at);
  return result;
}

/** The bytes of `[from, to)` after these changes, and zeros where nothing was ever written. */
function sectorAfter(stable: Buffer, changes: readonly Change[], from: number, to: number): Buffer {
  const sector = Buffer.alloc(to - from);
  if (from < stable.length) stable.copy(sector, 0, from, Math.min(to, stable.length));
  for (const change of changes) {
    if (change.kind === 'size') sector.fill(0, Math.min(sector.length, Math.max(0, change.size - from)));
    else if (change.at < to && change.at + change.bytes.length > from) {
      const start = Math.max(change.at, from);
      change.bytes.copy(
        sector,
        start - from,
        start - change.at,
        Math.min(to, change.at + change.bytes.length) - change.at,
      );
    }
  }
  return sector;
}
