import { createHash } from 'node:crypto';
import { Failure } from '../../downloads/failure.ts';
import { type Bencoded, type BencodedMap, NotBencoded, readBencoded } from './bencode.ts';

/** What a .torrent says (BEP 3, 12, 19, 27, 47, 52). Names, trackers and web seeds come from whoever made it. */
export interface Metainfo {
  /** Of version 1: 40 hex digits, lower case. */
  readonly infoHash: string;
  /** The bytes that the hash is of. */
  readonly info: Uint8Array;
  readonly name: string;
  /** Those that a person sees: none that only fills up a piece. */
  readonly files: readonly TorrentFile[];
  /** One file that has no folder around it. */
  readonly isSingle: boolean;
  /** Bytes of a piece; the last may be shorter. */
  readonly pieceLength: number;
  /** SHA-1 of each piece, 20 bytes each. */
  readonly pieces: Uint8Array;
  /** Bytes of all files, with those that only fill up. */
  readonly length: number;
  /** Peers come from its trackers alone: no DHT, no exchange, no search in the local network (BEP 27). */
  readonly isPrivate: boolean;
  /** Tiers, best first. */
  readonly trackers: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
}

export interface TorrentFile {
  /** Relative, with `/`, the torrent's folder included; not yet safe. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where it begins among all bytes of the torrent. */
  readonly offset: number;
  /** Its place in the .torrent, counted with files that only fill up. */
  readonly index: number;
}

/** Bytes of a .torrent at most. */
export const mostTorrentBytes = 10 << 20;
const mostFiles = 100_000;
const mostAddresses = 200;
const longestPiece = 1 << 30;
const hashBytes = 20;

/**
 * Reads a .torrent; a hybrid one as version 1. Throws `Failure('link')` in one sentence for what is malformed, too
 * large, or of version 2 alone. Pure.
 */
export function readTorrent(bytes: Uint8Array): Metainfo {
  if (bytes.length > mostTorrentBytes) throw new Failure('link', 'the .torrent file is larger than 10 MiB');
  try {
    const { root, spans } = readBencoded(bytes);
    const info = root.get('info');
    const [from, to] = spans.get('info') ?? [0, 0];
    if (!isMap(info)) throw new NotBencoded('has no info');
    return metainfoOf(root, info, bytes.subarray(from, to));
  } catch (error) {
    if (!(error instanceof NotBencoded)) throw error;
    throw new Failure('link', `the .torrent file cannot be read: it ${error.message}; fetch it again`, {
      cause: error,
    });
  }
}

/** The message for torrents that have no version 1. */
export function onlyVersion2(): Failure {
  return new Failure(
    'link',
    'this torrent is of BitTorrent version 2 alone, which Longhaul cannot download; give it to qBittorrent 4.4 or newer itself, or find a hybrid of it',
  );
}

function metainfoOf(root: BencodedMap, info: BencodedMap, infoBytes: Uint8Array): Metainfo {
  const pieces = info.get('pieces');
  if (pieces === undefined && info.get('meta version') === 2) throw onlyVersion2();
  const pieceLength = info.get('piece length');
  if (!isWhole(pieceLength) || pieceLength < 1 || pieceLength > longestPiece) {
    throw new NotBencoded('has no sensible length of a piece');
  }
  const name = nameIn(info, 'name') ?? '';
  const { files, length } = filesOf(info, name);
  if (length === 0) throw new NotBencoded('holds no bytes');
  if (!(pieces instanceof Uint8Array) || pieces.length !== Math.ceil(length / pieceLength) * hashBytes) {
    throw new NotBencoded('does not have one hash for each piece');
  }
  return {
    infoHash: createHash('sha1').update(infoBytes).digest('hex'),
    info: infoBytes,
    name: name === '' ? (files[0]?.path ?? '') : name,
    files,
    isSingle: !info.has('files'),
    pieceLength,
    pieces,
    length,
    isPrivate: info.get('private') === 1,
    trackers: trackersOf(root),
    webSeeds: addressesIn(root.get('url-list'), /^https?:\/\//i),
  };
}

/** All but those that only fill up (BEP 47), with where each begins. */
function filesOf(info: BencodedMap, name: string): { readonly files: TorrentFile[]; readonly length: number } {
  const listed = info.get('files');
  if (listed === undefined) {
    const size = sizeIn(info);
    return { files: [{ path: name, size, offset: 0, index: 0 }], length: size };
  }
  if (!Array.isArray(listed) || listed.length === 0) throw new NotBencoded('names no files');
  const files: TorrentFile[] = [];
  let offset = 0;
  for (const [index, entry] of (listed as readonly Bencoded[]).entries()) {
    if (!isMap(entry)) throw new NotBencoded('has a file without a size');
    const size = sizeIn(entry);
    const parts = pathIn(entry);
    if (!isPadding(entry, parts)) files.push({ path: [name, ...parts].join('/'), size, offset, index });
    if (files.length > mostFiles) throw new NotBencoded(`names more than ${mostFiles} files`);
    offset += size;
    if (offset > Number.MAX_SAFE_INTEGER) throw new NotBencoded('is larger than can be counted');
  }
  if (files.length === 0) throw new NotBencoded('names no files');
  return { files, length: offset };
}

function isPadding(file: BencodedMap, path: readonly string[]): boolean {
  const attributes = file.get('attr');
  const isMarked = attributes instanceof Uint8Array && textOf(attributes).includes('p');
  return isMarked || path[0] === '.pad' || /^_____padding_file_/.test(path.at(-1) ?? '');
}

function sizeIn(map: BencodedMap): number {
  const size = map.get('length');
  if (!isWhole(size)) throw new NotBencoded('has a file without a size');
  return size;
}

/** Each part is one name, whatever stands in it. */
function pathIn(file: BencodedMap): readonly string[] {
  const path = file.get('path.utf-8') ?? file.get('path');
  if (!Array.isArray(path) || path.length === 0) throw new NotBencoded('has a file without a name');
  return (path as readonly Bencoded[]).map((part) => {
    if (!(part instanceof Uint8Array)) throw new NotBencoded('has a file without a name');
    return onePart(part);
  });
}

function nameIn(map: BencodedMap, key: string): string | undefined {
  const text = map.get(`${key}.utf-8`) ?? map.get(key);
  return text instanceof Uint8Array ? onePart(text) : undefined;
}

function onePart(bytes: Uint8Array): string {
  return textOf(bytes).replaceAll(/[/\\]/g, '_');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** As UTF-8, which it should be, or else as Latin-1. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function trackersOf(root: BencodedMap): readonly (readonly string[])[] {
  const listed = root.get('announce-list');
  const tiers = Array.isArray(listed)
    ? (listed as readonly Bencoded[]).map((tier) => addressesIn(tier, trackerForm)).filter((tier) => tier.length > 0)
    : [];
  return tiers.length > 0 ? tiers.slice(0, mostAddresses) : [addressesIn(root.get('announce'), trackerForm)];
}

const trackerForm = /^(?:udp|https?|wss?):\/\//i;

/** One address or a list of some; what is none is left out. */
function addressesIn(value: Bencoded | undefined, form: RegExp): string[] {
  const all = Array.isArray(value) ? (value as readonly Bencoded[]) : [value];
  return all
    .flatMap((each) => (each instanceof Uint8Array ? [textOf(each).trim()] : []))
    .filter((each) => form.test(each) && each.length <= 2048 && URL.canParse(each))
    .slice(0, mostAddresses);
}

function isMap(value: Bencoded | undefined): value is BencodedMap {
  return value instanceof Map;
}

function isWhole(value: Bencoded | undefined): value is number {
  return typeof value === 'number' && value >= 0;
}
