import { createHash } from 'node:crypto';

/** What can be bencoded; keys of an object are sorted, as the protocol wants it. */
export type Plain = number | string | Uint8Array | readonly Plain[] | { readonly [key: string]: Plain };

export function bencode(value: Plain): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencode(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from('l'), ...(value as readonly Plain[]).map(bencode), Buffer.from('e')]);
  }
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([Buffer.from('d'), ...entries.flatMap((pair) => pair.map(bencode)), Buffer.from('e')]);
}

export interface MadeTorrent {
  readonly infoHash: string;
  readonly info: Buffer;
  /** The `.torrent`. */
  readonly bytes: Buffer;
  /** All files one behind the other. */
  readonly content: Buffer;
  readonly pieceLength: number;
  readonly name: string;
}

export interface ToMake {
  readonly name: string;
  /** Of one file: that one; of several: each below a folder called `name`. */
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly pad?: boolean }[];
  readonly isSingle?: boolean;
  readonly pieceLength?: number;
  readonly isPrivate?: boolean;
  readonly trackers?: readonly string[];
  readonly webSeeds?: readonly string[];
}

export function makeTorrent(wanted: ToMake): MadeTorrent {
  const {
    name,
    files,
    isSingle = false,
    pieceLength = 65_536,
    isPrivate = false,
    trackers = [],
    webSeeds = [],
  } = wanted;
  const content = Buffer.concat(files.map((file) => file.content));
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const listed = files.map((file) => ({
    length: file.content.length,
    path: file.path.split('/'),
    ...(file.pad ? { attr: 'p' } : {}),
  }));
  const info = bencode({
    name,
    'piece length': pieceLength,
    pieces: Buffer.concat(hashes),
    ...(isSingle ? { length: content.length } : { files: listed }),
    ...(isPrivate ? { private: 1 } : {}),
  });
  const rest = {
    ...(trackers[0] === undefined ? {} : { announce: trackers[0], 'announce-list': [trackers] }),
    ...(webSeeds.length === 0 ? {} : { 'url-list': webSeeds }),
  };
  // The info stands as its own bytes, so that its hash is the one that was taken.
  const [head, tail] = [bencode({ ...rest, info: 0 }), 'i0e'];
  const at = head.lastIndexOf(`4:info${tail}`) + '4:info'.length;
  const bytes = Buffer.concat([head.subarray(0, at), info, head.subarray(at + tail.length)]);
  return { infoHash: createHash('sha1').update(info).digest('hex'), info, bytes, content, pieceLength, name };
}
