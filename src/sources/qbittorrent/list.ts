import { type Listed, QbittorrentApi } from './api.ts';
import { qbittorrentClient } from './connect.ts';
import { ownTag, type QbittorrentParts } from './settings.ts';

/** A torrent that qBittorrent has, whoever added it. Times are UTC epoch ms; null: not told. */
export interface TorrentElsewhere {
  /** By which qBittorrent knows it. */
  readonly hash: string;
  readonly link: string;
  readonly name: string;
  readonly isComplete: boolean;
  /** A download of Longhaul. */
  readonly isOwn: boolean;
  /** As qBittorrent calls them: the file or the folder of several, and the folder it is in. */
  readonly path: string;
  readonly folder: string;
  /** Bytes of what is selected. */
  readonly size: number;
  readonly category: string | null;
  readonly addedAt: number | null;
  readonly completedAt: number | null;
}

/** Everything that the qBittorrent of the configuration has. Throws `Failure`. */
export async function torrentsElsewhere(
  parts: Pick<QbittorrentParts, 'config' | 'clock' | 'disk'>,
): Promise<readonly TorrentElsewhere[]> {
  const listed = await new QbittorrentApi(qbittorrentClient(parts)).all(new AbortController().signal);
  return listed.map((one) => ({
    hash: one.hash,
    link: `magnet:?xt=${topicOf(one)}&dn=${encodeURIComponent(one.name.toWellFormed())}`,
    name: one.name,
    isComplete: one.amount_left === 0 && one.size > 0,
    isOwn: one.tags.split(',').some((tag) => tag.trim() === ownTag),
    path: one.content_path,
    folder: one.save_path,
    size: one.size,
    category: one.category === '' ? null : one.category,
    addedAt: momentOf(one.added_on),
    completedAt: momentOf(one.completion_on),
  }));
}

/** Of version 2 alone the hash is a part of the whole one. */
function topicOf({ hash, infohash_v1: first, infohash_v2: second }: Listed): string {
  return first === '' && second !== '' ? `urn:btmh:1220${second}` : `urn:btih:${first || hash}`;
}

function momentOf(seconds: number): number | null {
  return seconds > 0 ? seconds * 1000 : null;
}
