import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import type { FetchTarget } from '../source.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import type { QbittorrentApi } from './api.ts';
import { type Places, placesOf } from './places.ts';
import { ownTag } from './settings.ts';
import { isStopped } from './states.ts';

/** One torrent, and where it goes meanwhile. */
export interface TorrentWork {
  readonly metainfo: Metainfo;
  readonly content: Uint8Array;
  /** The tag by which it is found again. */
  readonly tag: string;
  /** qBittorrent's folder for it, in our words and in its own. Absolute. */
  readonly folder: string;
  readonly folderThere: string;
}

export interface RemoteParts {
  readonly api: QbittorrentApi;
  readonly clock: Clock;
}

/** So often it is looked whether a torrent that was added is there, and how long between two looks, ms. */
const looks = 50;
const lookEvery = 200;

/** The torrent as qBittorrent has it: found by its tag, added, started, stopped and removed there. Throws `Failure`. */
export class RemoteTorrent {
  readonly #parts: RemoteParts;
  readonly #work: TorrentWork;

  constructor(parts: RemoteParts, work: TorrentWork) {
    this.#parts = parts;
    this.#work = work;
  }

  get #infoHash(): string {
    return this.#work.metainfo.infoHash;
  }

  /** Throws `Failure` where it is there, and somebody else's. */
  async isThere(signal: AbortSignal): Promise<boolean> {
    const found = await this.#parts.api.find(this.#infoHash, signal);
    if (!found) return false;
    const tags = found.tags.split(',').map((tag) => tag.trim());
    if (tags.includes(this.#work.tag)) return true;
    const whose = tags.includes(ownTag) ? 'another download of Longhaul' : 'somebody else';
    throw new Failure(
      'refused',
      `qBittorrent has this torrent already, added by ${whose}; remove it there, then longhaul retry`,
    );
  }

  /** Stopped; it is there when this resolves. */
  async add(signal: AbortSignal): Promise<void> {
    const { api, clock } = this.#parts;
    const { content, folderThere, tag } = this.#work;
    await api.add({ torrent: content, folder: folderThere, tags: [ownTag, tag], stopped: true }, signal);
    for (let look = 0; look < looks; look += 1) {
      if (await api.find(this.#infoHash, signal)) return;
      await clock.sleep(lookEvery, signal);
    }
    throw new Failure('server', 'qBittorrent took the torrent and does not show it; its log says more');
  }

  /** Says what is wanted of it, and what first; the places of its files there. */
  async choose(targets: readonly FetchTarget[], signal: AbortSignal): Promise<Places> {
    const { api } = this.#parts;
    const places = placesOf(this.#work, (await api.files(this.#infoHash, signal)) ?? [], targets);
    const wanted = new Set(places.wanted);
    const [first, usual] = [true, false].map((isFirst) =>
      targets.flatMap(({ position, priority = 0 }) => {
        const place = places.ofPosition[position];
        return place !== undefined && priority > 0 === isFirst ? [place] : [];
      }),
    );
    const others = places.ofPosition.filter((place) => !wanted.has(place));
    await api.prioritise(this.#infoHash, others, 0, signal);
    await api.prioritise(this.#infoHash, usual ?? [], 1, signal);
    await api.prioritise(this.#infoHash, first ?? [], 6, signal);
    return places;
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#parts.api.start(this.#infoHash, signal);
  }

  /** Until it writes nothing any more, or does not stop for a long time. */
  async stop(signal: AbortSignal): Promise<void> {
    const { api, clock } = this.#parts;
    await api.stop(this.#infoHash, signal);
    for (let look = 0; look < looks; look += 1) {
      const found = await api.find(this.#infoHash, signal);
      if (!found || isStopped(found.state)) return;
      await clock.sleep(lookEvery, signal);
    }
  }

  /** With its files there. */
  remove(signal: AbortSignal): Promise<void> {
    return this.#parts.api.delete(this.#infoHash, signal);
  }

  /** The state of each piece; undefined: nobody can say. */
  pieces(signal: AbortSignal): Promise<readonly number[] | undefined> {
    return this.#parts.api.pieces(this.#infoHash, signal).catch(() => undefined);
  }
}
