import { createHash } from 'node:crypto';

/** What `bencode` takes. */
export type Plain = number | string | Uint8Array | readonly Plain[] | { readonly [key: string]: Plain };

/** Bencodes (BEP 3), its own way round: tests hold it against the reader. */
export function bencode(value: Plain): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencode(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from('l'), ...(value as readonly Plain[]).map(bencode), Buffer.from('e')]);
  }
  const sorted = Object.entries(value as Readonly<Record<string, Plain>>).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const entries = sorted.flatMap(([key, each]) => [bencode(key), bencode(each)]);
  return Buffer.concat([Buffer.from('d'), ...entries, Buffer.from('e')]);
}

export interface MadeFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A torrent of these files, with right hashes; `more` goes into its info, `around` beside it. */
export function makeTorrent(
  name: string,
  files: Uint8Array | readonly MadeFile[],
  { pieceLength = 16_384, more = {}, around = {} }: TorrentDetails = {},
): { readonly torrent: Buffer; readonly infoHash: string } {
  const content = files instanceof Uint8Array ? files : Buffer.concat(files.map((file) => file.content));
  const listed = files instanceof Uint8Array ? { length: files.length } : { files: files.map(entryOf) };
  const info = { name, 'piece length': pieceLength, pieces: piecesOf(content, pieceLength), ...listed, ...more };
  return {
    torrent: bencode({ ...around, info }),
    infoHash: createHash('sha1').update(bencode(info)).digest('hex'),
  };
}

export interface TorrentDetails {
  readonly pieceLength?: number;
  readonly more?: Readonly<Record<string, Plain>>;
  readonly around?: Readonly<Record<string, Plain>>;
}

function entryOf({ path, content }: MadeFile): Plain {
  return { length: content.length, path: path.split('/') };
}

function piecesOf(content: Uint8Array, length: number): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += length) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + length))
        .digest(),
    );
  }
  return Buffer.concat(hashes);
}
