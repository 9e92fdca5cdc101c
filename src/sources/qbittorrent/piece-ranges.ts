import { normalRanges, type Range } from '../../downloads/ranges.ts';
import type { Metainfo, TorrentFile } from '../torrent/metainfo.ts';

/** A piece that qBittorrent has, and has checked. */
const there = 2;

/** What of a file lies in pieces that are there. Pure. */
export function rangesOf(
  { pieceLength }: Pick<Metainfo, 'pieceLength'>,
  { offset, size }: Pick<TorrentFile, 'offset' | 'size'>,
  states: readonly number[],
): Range[] {
  const ranges: Range[] = [];
  const last = Math.min(states.length, Math.ceil((offset + size) / pieceLength));
  for (let piece = Math.floor(offset / pieceLength); piece < last; piece += 1) {
    if (states[piece] !== there) continue;
    const begin = piece * pieceLength - offset;
    ranges.push([Math.max(0, begin), Math.min(size, begin + pieceLength)]);
  }
  return normalRanges(ranges);
}
