import type { ParsedTorrent } from 'webtorrent';
import type { Metainfo } from './metainfo.ts';

/**
 * A torrent as the library is given it: of one file, however many there are. It needs pieces alone, and would hold an
 * object of its own for each file, and go through all of them at each piece: of 100,000 that is half a gigabyte. Only
 * who asks web seeds has to know the files: then the `.torrent` itself, which it reads. Pure.
 */
export function forLibrary(metainfo: Metainfo, bytes: Uint8Array, webSeeds: boolean): ParsedTorrent | Uint8Array {
  if (webSeeds && metainfo.webSeeds.length > 0) return bytes;
  const { infoHash, name, length, pieceLength, isPrivate, trackers } = metainfo;
  return {
    infoHash,
    name,
    info: {},
    private: isPrivate,
    announce: trackers.flat(),
    urlList: [],
    files: [{ path: name, name, length, offset: 0 }],
    length,
    pieceLength,
    lastPieceLength: length % pieceLength || pieceLength,
    pieces: hashesOf(metainfo.pieces),
  };
}

/**
 * What peers are told who ask what the torrent contains (BEP 9): its info, as it is. The library reads what it is given
 * anew for each connection, to find the info in it, and copies each string of it: it reads something empty.
 */
export function openInfo(info: Uint8Array): Uint8Array {
  return new OpenInfo(info.buffer as ArrayBuffer, info.byteOffset, info.length);
}

class OpenInfo extends Uint8Array {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  /** All of it is asked for by the reader alone; what is sent are parts. */
  override slice(from?: number, to?: number): Uint8Array<ArrayBuffer> {
    return from === undefined ? Uint8Array.from(empty) : super.slice(from, to);
  }
}

const empty = Buffer.from('de');
const hashBytes = 20;

function hashesOf(pieces: Uint8Array): string[] {
  const all = Buffer.from(pieces.buffer, pieces.byteOffset, pieces.length);
  return Array.from({ length: pieces.length / hashBytes }, (_, at) =>
    all.toString('hex', at * hashBytes, (at + 1) * hashBytes),
  );
}
