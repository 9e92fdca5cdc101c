import { join } from 'node:path';
import { makeFolder } from '../../config/make-folder.ts';
import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { Failure } from '../../downloads/failure.ts';
import { parseMagnet } from './magnet.ts';
import { mostTorrentBytes, readTorrent } from './metainfo.ts';

/** The .torrent files of this instance's state folder, by info hash (40 hex digits): what a restart needs. */
export interface KeptTorrents {
  /** The content; undefined: it was never kept, or is gone. Throws `Failure`. */
  read(infoHash: string): Promise<Uint8Array | undefined>;
  /** Keeps it durably, 0600, under its hash. Idempotent. Throws `Failure`. */
  keep(infoHash: string, content: Uint8Array): Promise<void>;
}

/** Keeps what was handed over beside a link. Throws `Failure('link')` where it is another torrent, or none. */
export async function keepFor(kept: KeptTorrents, link: string, content: Uint8Array): Promise<void> {
  const { infoHash } = readTorrent(content);
  if (infoHash !== parseMagnet(link).infoHash) throw new Failure('link', 'the .torrent is not the one of the link');
  await kept.keep(infoHash, content);
}

/** `folder`: absolute; made when something is kept. */
export function keptTorrents(disk: Disk, folder: string): KeptTorrents {
  const pathOf = (infoHash: string) => join(folder, `${infoHash.replaceAll(/[^0-9a-f]/g, '')}.torrent`);
  return {
    async read(infoHash) {
      const path = pathOf(infoHash);
      const facts = await onDisk(path, () => disk.facts(path));
      if (!facts?.isFile || facts.size > mostTorrentBytes) return undefined;
      return onDisk(path, async () => {
        const file = disk.open(path);
        try {
          const content = Buffer.alloc(facts.size);
          return content.subarray(0, await file.read(content, 0, facts.size, 0));
        } finally {
          await file.close();
        }
      });
    },
    async keep(infoHash, content) {
      const path = pathOf(infoHash);
      await onDisk(path, async () => {
        makeFolder(folder);
        await disk.writeText(path, content, 0o600);
      });
    },
  };
}
