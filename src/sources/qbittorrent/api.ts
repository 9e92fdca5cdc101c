import * as z from 'zod';
import { Failure } from '../../downloads/failure.ts';
import type { QbittorrentClient } from './client.ts';

const amount = z.number().transform((given) => Math.max(0, given));
const torrent = z.object({
  hash: z.string(),
  infohash_v1: z.string().catch(''),
  infohash_v2: z.string().catch(''),
  name: z.string().catch(''),
  state: z.string(),
  tags: z.string().catch(''),
  category: z.string().catch(''),
  /** Bytes of what is selected, and how many of them are missing. */
  size: amount.catch(0),
  amount_left: amount.catch(0),
  num_seeds: amount.catch(0),
  num_leechs: amount.catch(0),
  save_path: z.string().catch(''),
  content_path: z.string().catch(''),
  /** Seconds since 1970; 0 or less: not known. */
  added_on: z.number().catch(0),
  completion_on: z.number().catch(0),
});
const file = z.object({ name: z.string(), size: amount, progress: z.number().catch(0) });

/** A torrent as qBittorrent lists it. */
export type Listed = z.output<typeof torrent>;
export type ListedFile = z.output<typeof file>;

/** What is told to qBittorrent when a torrent is added. */
export interface Adding {
  readonly torrent: Uint8Array | { readonly magnet: string };
  /** In qBittorrent's words: its own folder for this torrent. */
  readonly folder: string;
  readonly tags: readonly string[];
  /** A magnet runs until its contents are known, and stops then. */
  readonly stopped: boolean;
}

/** The calls of the Web API that are needed here (its wiki, "WebUI API"). Each throws `Failure`. */
export class QbittorrentApi {
  readonly #client: QbittorrentClient;

  constructor(client: QbittorrentClient) {
    this.#client = client;
  }

  async all(signal: AbortSignal): Promise<readonly Listed[]> {
    return (await this.#client.json(z.array(torrent), 'torrents/info', signal)) ?? [];
  }

  /** `hash`: the info hash, 40 hex digits. */
  async find(hash: string, signal: AbortSignal): Promise<Listed | undefined> {
    const found = await this.#client.json(z.array(torrent), `torrents/info?hashes=${hash}`, signal);
    return found?.find((one) => one.hash.toLowerCase() === hash);
  }

  /** In their order; undefined: there is no such torrent. */
  files(hash: string, signal: AbortSignal): Promise<readonly ListedFile[] | undefined> {
    return this.#client.json(z.array(file), `torrents/files?hash=${hash}`, signal);
  }

  /** Of each piece whether it is there: 2. */
  async pieces(hash: string, signal: AbortSignal): Promise<readonly number[]> {
    return (await this.#client.json(z.array(z.number()), `torrents/pieceStates?hash=${hash}`, signal)) ?? [];
  }

  /** The .torrent, as far as qBittorrent knows it. */
  export(hash: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return this.#client.bytes(`torrents/export?hash=${hash}`, signal);
  }

  async add({ torrent: given, folder, tags, stopped }: Adding, signal: AbortSignal): Promise<void> {
    const isFile = given instanceof Uint8Array;
    const said = await this.#client.send(
      'torrents/add',
      {
        ...(isFile ? { torrents: new Blob([new Uint8Array(given)]) } : { urls: given.magnet }),
        savepath: folder,
        tags: tags.join(','),
        // Before and since 5.0.
        ...{ paused: String(stopped), stopped: String(stopped) },
        ...(isFile ? {} : { stopCondition: 'MetadataReceived' }),
        autoTMM: 'false',
        contentLayout: 'Original',
        useDownloadPath: 'false',
        // Whatever qBittorrent does at such a limit, which may be to delete files, is not meant for these.
        ...{ ratioLimit: '-1', seedingTimeLimit: '-1', inactiveSeedingTimeLimit: '-1' },
      },
      signal,
    );
    if (/^Fails/i.test(said)) throw new Failure('server', 'qBittorrent did not take the torrent; its log says more');
  }

  /** 0: not at all, 1: as usual, 6: first, by the places of files. */
  async prioritise(hash: string, files: readonly number[], priority: 0 | 1 | 6, signal: AbortSignal): Promise<void> {
    if (files.length === 0) return;
    const form = { hash, id: files.join('|'), priority: String(priority) };
    await this.#client.send('torrents/filePrio', form, signal);
  }

  /** Bytes/s; 0: no limit. */
  async limit(hash: string, rate: number, signal: AbortSignal): Promise<void> {
    await this.#client.send('torrents/setDownloadLimit', { hashes: hash, limit: String(Math.ceil(rate)) }, signal);
  }

  async start(hash: string, signal: AbortSignal): Promise<void> {
    const word = (await this.#isNew(signal)) ? 'start' : 'resume';
    await this.#client.send(`torrents/${word}`, { hashes: hash }, signal);
  }

  async stop(hash: string, signal: AbortSignal): Promise<void> {
    const word = (await this.#isNew(signal)) ? 'stop' : 'pause';
    await this.#client.send(`torrents/${word}`, { hashes: hash }, signal);
  }

  /** Asks its trackers for peers again. */
  async reannounce(hash: string, signal: AbortSignal): Promise<void> {
    await this.#client.send('torrents/reannounce', { hashes: hash }, signal);
  }

  async recheck(hash: string, signal: AbortSignal): Promise<void> {
    await this.#client.send('torrents/recheck', { hashes: hash }, signal);
  }

  /** Takes it out of qBittorrent with its files, where they still stand in its folder. */
  async delete(hash: string, signal: AbortSignal): Promise<void> {
    await this.#client.send('torrents/delete', { hashes: hash, deleteFiles: 'true' }, signal);
  }

  /** Since 5.0 torrents are started and stopped, before they were resumed and paused. */
  async #isNew(signal: AbortSignal): Promise<boolean> {
    const [major = 0, minor = 0] = await this.#client.version(signal);
    return major > 2 || (major === 2 && minor >= 11);
  }
}
