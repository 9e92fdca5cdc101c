import { dirname } from 'node:path';
import type { Disk, OpenFile } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import type { FetchTarget, FinishedFile } from '../source.ts';
import type { Metainfo, TorrentFile } from '../torrent/metainfo.ts';
import { checkPieces, type Standing } from './check-pieces.ts';

/** A file that is wanted. */
export interface WantedFile {
  readonly target: FetchTarget;
  readonly described: TorrentFile;
  /** Absolute path under which qBittorrent has it. */
  readonly there: string;
}

/** Bytes that are copied at once, where another disk makes it necessary. */
const blockBytes = 1 << 20;

/**
 * Brings complete files from qBittorrent's folder to where they are wanted, once every piece was held against its
 * hash, and makes them durable. What an earlier call has brought counts. Undefined: bytes are wrong, and nothing was
 * moved. May be called again after any failure. Throws `Failure`.
 */
export async function placeFiles(
  disk: Disk,
  metainfo: Metainfo,
  wanted: readonly WantedFile[],
  signal: AbortSignal,
): Promise<readonly FinishedFile[] | undefined> {
  const sorted = wanted.toSorted((a, b) => a.described.offset - b.described.offset);
  const standing: (Standing & { readonly path: string })[] = [];
  try {
    for (const one of sorted) {
      const path = await whereIs(disk, one);
      standing.push({ path, described: one.described, file: await onDisk(path, async () => disk.open(path)) });
    }
    const { wrong, whole } = await onDisk(sorted[0]?.there ?? '', () => checkPieces(metainfo, standing, signal));
    if (wrong.size > 0) return undefined;
    for (const { file, path } of standing) await onDisk(path, () => file.sync());
    for (const [at, { target }] of sorted.entries()) {
      const { path, file } = standing[at] ?? {};
      if (path === undefined || !file || path === target.path) continue;
      signal.throwIfAborted();
      await onDisk(target.path, () => bring(disk, path, file, target.path));
    }
    for (const folder of new Set(sorted.map(({ target }) => dirname(target.path)))) {
      await onDisk(folder, () => disk.syncDirectory(folder));
    }
    return sorted.map(({ target, described }, at) => ({
      position: target.position,
      size: described.size,
      integrity: whole.has(at) ? 'checksum' : 'length',
    }));
  } finally {
    for (const { file } of standing) await file.close();
  }
}

/** In qBittorrent's folder, or (empty, or brought already) where it is wanted. */
async function whereIs(disk: Disk, { there, target, described }: WantedFile): Promise<string> {
  if (described.size === 0) return target.path;
  const facts = await onDisk(there, () => disk.facts(there));
  return facts?.isFile ? there : target.path;
}

async function bring(disk: Disk, from: string, file: OpenFile, to: string): Promise<void> {
  try {
    await disk.rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copy(disk, file, to);
  }
}

/** The original stays until qBittorrent deletes it. */
async function copy(disk: Disk, from: OpenFile, to: string): Promise<void> {
  const file = disk.open(to);
  try {
    const block = Buffer.alloc(blockBytes);
    let at = 0;
    for (;;) {
      const got = await from.read(block, 0, block.length, at);
      if (got === 0) break;
      await file.writeAside(block, 0, got, at);
      at += got;
    }
    await file.truncate(at);
    await file.sync();
  } finally {
    await file.close();
  }
}
