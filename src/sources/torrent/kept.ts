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
  /** Nobody needs it, nor the work files of this torrent, any more; as `Source.forget`. */
  forget(linkKey: string, before: number): Promise<void>;
  /** As `Source.keptKeys`. */
  keptKeys(): Promise<readonly string[]>;
}

const keyForm = /^magnet:btih:/;

/** Whose file of the folder this is: an info hash; undefined: no torrent's. Pure. */
function hashOf(name: string): string | undefined {
  return /^([0-9a-f]{40})(?:\.torrent|-[0-9a-f]{8}\.(?:json|pieces|spill))$/.exec(name)?.[1];
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
    async forget(linkKey, before) {
      const infoHash = linkKey.replace(keyForm, '');
      const names = await disk.list(folder).catch(() => []);
      for (const path of names.filter((name) => hashOf(name) === infoHash).map((name) => join(folder, name))) {
        const facts = await onDisk(path, () => disk.facts(path));
        if (facts?.isFile && facts.modifiedAt < before) await onDisk(path, () => disk.remove(path));
      }
    },
    async keptKeys() {
      const names = await disk.list(folder).catch(() => []);
      return [...new Set(names.flatMap((name) => hashOf(name) ?? []))].map((hash) => `magnet:btih:${hash}`);
    },
  };
}
