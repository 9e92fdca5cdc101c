import { createDecipheriv } from 'node:crypto';
import type { AES, File } from 'megajs';
import { Failure } from '../../downloads/failure.ts';
import { printable } from '../../log/printable.ts';
import type { MegaNode, MegaPlace } from './api.ts';
import { fileKeyBytes } from './cipher.ts';
import type { MegaLink } from './link.ts';

/** One file that a link leads to. */
export interface MegaFile {
  /** Relative, with `/`; names come from whoever shared it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Secret. */
  readonly key: Uint8Array;
  readonly place: MegaPlace;
}

type Library = typeof import('megajs');

/** The library's own reading of keys and names. Its objects never ask anything. */
function entry({ API, File: Entry }: Library, key?: Uint8Array): File {
  const api = new API(false);
  return new Entry({ downloadId: 'none', api, ...(key ? { key: Buffer.from(key) } : {}) });
}

/** The file of a file link. Throws `Failure('link')` when the key does not open it. */
export function linkedFile(
  library: Library,
  link: MegaLink,
  facts: { readonly s: number; readonly at: string },
): MegaFile {
  const key = new Uint8Array(Buffer.from(link.key, 'base64url'));
  const file = entry(library, key);
  file.decryptAttributes(facts.at);
  if (!file.attributes) throw wrongKey();
  return { path: oneName(file.name, link.id), size: facts.s, key, place: { file: link.id } };
}

/**
 * The files of a folder link, or of the part of it that the link means, with their paths from the folder
 * that is meant; sorted by path. Throws `Failure` for a wrong key, an empty folder, and a part that is not there.
 */
export function linkedFiles(library: Library, link: MegaLink, nodes: readonly MegaNode[]): readonly MegaFile[] {
  const handles = new Map(nodes.map((node) => [node.h, node]));
  const root = nodes.find(({ t, p }) => t !== 0 && !handles.has(p ?? ''));
  if (!root) throw new Failure('refused', 'MEGA shows nothing in this folder; it was emptied, or is no longer shared');
  const aes = folderCipher(Buffer.from(link.key, 'base64url'));
  const opened = new Map<string, File>();
  const open = (node: MegaNode): File => {
    const known = opened.get(node.h);
    if (known) return known;
    const file = entry(library);
    const { k = '', t, s = 0, a } = node;
    file.loadMetadata(aes, { k, t, s, ...(a === undefined ? {} : { a }) });
    opened.set(node.h, file);
    return file;
  };
  if (!open(root).attributes) throw wrongKey();
  const name = (node: MegaNode) => oneName(open(node).name, node.h);
  const top = link.within === undefined ? walked(root, link.path ?? [], nodes, name) : handles.get(link.within);
  if (!top)
    throw new Failure('refused', 'the folder holds no such file or folder; the link may be older than a change');
  const files = nodes.flatMap((node) => {
    const above = node.t === 0 ? way(node, top, handles) : undefined;
    if (!above) return [];
    const { key } = open(node);
    if (key?.length !== fileKeyBytes || !open(node).attributes) throw unreadable();
    const path = [...above, node].map(name).join('/');
    return [{ path, size: node.s ?? 0, key: new Uint8Array(key), place: { folder: link.id, entry: node.h } }];
  });
  if (files.length === 0) throw new Failure('refused', 'the MEGA folder is empty');
  return files.toSorted((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : a.place.entry < b.place.entry ? -1 : 1,
  );
}

/** The node that these names lead to. Throws `Failure('refused')` that tells which names there are. */
function walked(
  root: MegaNode,
  path: readonly string[],
  nodes: readonly MegaNode[],
  nameOf: (node: MegaNode) => string,
): MegaNode {
  let at = root;
  for (const wanted of path) {
    const inside = nodes.filter(({ p }) => p === at.h);
    const next = inside.find((node) => nameOf(node).normalize() === wanted.normalize());
    if (!next) {
      const names = inside.map((node) => printable(nameOf(node))).toSorted();
      const there = names.length === 0 ? 'nothing' : names.slice(0, mostNames).join(', ');
      throw new Failure('refused', `the MEGA folder has no ${printable(wanted)} there; there is ${there}`);
    }
    at = next;
  }
  return at;
}

/** Told in one sentence. */
const mostNames = 10;

/** Opens the keys in a folder. The library has it and does not hand it out; it wants them changed in place. */
function folderCipher(key: Buffer): AES {
  const decryptECB = (given: Buffer): Buffer => {
    const plain = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(given);
    plain.copy(given);
    return plain;
  };
  return { decryptECB } as AES;
}

/** The folders from `top` down to a file, `top` included where it is one; undefined when it does not lie below. */
function way(file: MegaNode, top: MegaNode, handles: ReadonlyMap<string, MegaNode>): readonly MegaNode[] | undefined {
  if (file === top) return [];
  const above: MegaNode[] = [];
  for (let node = handles.get(file.p ?? ''); node && !above.includes(node); node = handles.get(node.p ?? '')) {
    above.unshift(node);
    if (node === top) return above;
  }
  return undefined;
}

/** A name is one part of a path, whatever stands in it. */
function oneName(name: string | null, id: string): string {
  return typeof name === 'string' && name !== '' ? name.replaceAll(/[/\\]/g, '_') : id;
}

function wrongKey(): Failure {
  return new Failure(
    'link',
    'the key in the MEGA link is wrong: it does not open what the link leads to; copy the link again, to its end',
  );
}

function unreadable(): Failure {
  return new Failure('protocol', 'the MEGA folder holds a file that its key does not open');
}
