import { createHash } from 'node:crypto';
import type { OpenFile } from '../../disk/disk.ts';
import type { Metainfo, TorrentFile } from '../torrent/metainfo.ts';

/** A file of the torrent that stands somewhere; `file` undefined: it is not there. */
export interface Standing {
  readonly described: TorrentFile;
  readonly file: OpenFile;
}

export interface Checked {
  /** Places (in `standing`) of files with a piece that is wrong, or that are shorter than they should be. */
  readonly wrong: ReadonlySet<number>;
  /** Places of files of which every byte was held against a hash; others share a piece with a file that is not there. */
  readonly whole: ReadonlySet<number>;
}

const blockBytes = 1 << 20;
const hashBytes = 20;

/** Part of a piece: of a file that stands, of one that does not (`at` -1), or zeros that only fill up (`at` -2). */
interface Part {
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

/**
 * Holds files of a torrent, sorted by where they begin, against the hashes of its pieces (BEP 3). A piece that
 * reaches into a file which is not here cannot be checked.
 */
export async function checkPieces(
  metainfo: Metainfo,
  standing: readonly Standing[],
  signal: AbortSignal,
): Promise<Checked> {
  const wrong = new Set<number>();
  const unsure = new Set<number>();
  const block = Buffer.alloc(blockBytes);
  for (const { piece, parts } of piecesOf(metainfo, standing)) {
    signal.throwIfAborted();
    const ours = parts.flatMap(({ at }) => (at >= 0 ? [at] : []));
    if (ours.length === 0) continue;
    if (parts.some(({ at }) => at === missing)) {
      for (const at of ours) unsure.add(at);
      continue;
    }
    const hash = createHash('sha1');
    for (const part of parts) if (!(await feed(hash, part, standing, block))) wrong.add(part.at);
    const told = metainfo.pieces.subarray(piece * hashBytes, (piece + 1) * hashBytes);
    if (!hash.digest().equals(told)) for (const at of ours) wrong.add(at);
  }
  const whole = new Set([...standing.keys()].filter((at) => !unsure.has(at) && !wrong.has(at)));
  return { wrong, whole };
}

const missing = -1;
const filling = -2;

function* piecesOf(
  { pieceLength, length, files }: Metainfo,
  standing: readonly Standing[],
): Generator<{ readonly piece: number; readonly parts: readonly Part[] }> {
  const places = new Map(standing.map(({ described }, at) => [described.index, at]));
  const sorted = files.filter(({ size }) => size > 0).toSorted((a, b) => a.offset - b.offset);
  let next = 0;
  for (let piece = 0; piece * pieceLength < length; piece += 1) {
    const [from, to] = [piece * pieceLength, Math.min(length, (piece + 1) * pieceLength)];
    const parts: Part[] = [];
    let at = from;
    for (let file = sorted[next]; at < to; file = sorted[next]) {
      if (!file || file.offset > at) {
        const end = Math.min(to, file?.offset ?? to);
        parts.push({ at: filling, from: 0, length: end - at });
        at = end;
        continue;
      }
      const end = Math.min(to, file.offset + file.size);
      parts.push({ at: places.get(file.index) ?? missing, from: at - file.offset, length: end - at });
      at = end;
      if (end === file.offset + file.size) next += 1;
    }
    yield { piece, parts };
  }
}

/** False: the file ends before its part of the piece does. */
async function feed(
  hash: ReturnType<typeof createHash>,
  { at, from, length }: Part,
  standing: readonly Standing[],
  block: Buffer,
): Promise<boolean> {
  const file = standing[at]?.file;
  if (!file) block.fill(0);
  for (let done = 0; done < length; ) {
    const wanted = Math.min(block.length, length - done);
    const got = file ? await file.read(block, 0, wanted, from + done) : wanted;
    hash.update(block.subarray(0, got));
    if (got < wanted) return false;
    done += got;
  }
  return true;
}
