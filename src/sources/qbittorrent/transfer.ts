import { dirname, join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import type { Log } from '../../log/log.ts';
import { watchDeadline } from '../../time/deadline.ts';
import type {
  FetchRequest,
  FileRanges,
  FinishedFile,
  Transfer,
  TransferEnd,
  TransferLimits,
  TransferProgress,
} from '../source.ts';
import type { TorrentFile } from '../torrent/metainfo.ts';
import { untilClosed } from '../until-closed.ts';
import { Follower } from './follow.ts';
import { rangesOf } from './piece-ranges.ts';
import { placeFiles, type WantedFile } from './place-files.ts';
import type { Places } from './places.ts';
import { type RemoteParts, RemoteTorrent, type TorrentWork } from './remote-torrent.ts';
import { removeEmptied } from './remove-emptied.ts';

export interface TransferParts extends RemoteParts {
  readonly disk: Disk;
  readonly log: Log;
}

/** A disk with less room is as good as full, bytes. */
const fullBelow = 16 << 20;

/**
 * Has qBittorrent fetch a torrent into a folder of its own, then checks what came and brings it where it is wanted.
 * What is told as durable before that stands in qBittorrent's folder. `source.ts` has the promises.
 */
export class QbittorrentTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: TransferParts;
  readonly #request: FetchRequest;
  readonly #work: TorrentWork;
  readonly #disk: Disk;
  readonly #remote: RemoteTorrent;
  readonly #follower: Follower;
  readonly #closing = new AbortController();
  readonly #running: Promise<TransferEnd>;
  #durable: readonly FileRanges[];
  /** The torrent may be at work. */
  #isStarted = false;
  #closed: Promise<void> | undefined;

  constructor(parts: TransferParts, request: FetchRequest, work: TorrentWork) {
    this.#parts = parts;
    this.#request = request;
    this.#work = work;
    this.#disk = leasedDisk(parts.disk, request.deadline, parts.clock);
    this.#remote = new RemoteTorrent(parts, work);
    this.#durable = request.targets.map(({ position, durable }) => ({ position, ranges: durable }));
    const before = request.targets.reduce((sum, { durable }) => sum + bytesIn(durable), 0);
    this.#follower = new Follower({ ...parts, isFull: () => this.#isFull() }, work.metainfo.infoHash, before, (note) =>
      request.onNote?.(note),
    );
    this.#running = this.#run(this.#closing.signal);
    this.done = untilClosed(this.#running, this.#closing.signal);
  }

  /** What qBittorrent has checked; of a torrent that it no longer has nothing. */
  async flush(): Promise<readonly FileRanges[]> {
    if (this.#isStarted && !this.#closing.signal.aborted) {
      const states = await this.#remote.pieces(this.#closing.signal);
      // By now it may have been brought to its place.
      if (states && states.length > 0 && this.#isStarted) this.#durable = this.#rangesIn(states);
    }
    return this.#durable;
  }

  progress(): TransferProgress {
    return this.#follower.progress();
  }

  tune({ rate }: TransferLimits): void {
    if (rate !== undefined) this.#follower.limit(rate);
  }

  nudge(): void {
    this.#follower.nudge();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    await this.#running.catch(() => {});
    const { deadline } = this.#request;
    const isOurs = deadline === undefined || !watchDeadline(deadline, this.#parts.clock)();
    // Whoever has taken over wants it to go on.
    if (!this.#isStarted || !isOurs) return;
    await this.#remote
      .stop(new AbortController().signal)
      .catch((error: unknown) => this.#parts.log.warn({ error }, 'a torrent in qBittorrent could not be stopped'));
  }

  async #run(signal: AbortSignal): Promise<TransferEnd> {
    await this.#makeRoom();
    const files = (await this.#remote.isThere(signal)) ? undefined : await this.#placedBefore(signal);
    if (files) return this.#end(files);
    let places = await this.#begin(signal);
    for (let round = 0; ; round += 1) {
      const end = await this.#follower.untilComplete(places.wanted, signal);
      if (end === 'lost') {
        places = await this.#begin(signal);
        continue;
      }
      if (end === 'removed') throw this.#removed();
      await this.#remote.stop(signal);
      const placed = await placeFiles(this.#disk, this.#work.metainfo, this.#wanted(places), signal);
      if (placed) {
        await this.#clearAway(signal);
        return this.#end(placed);
      }
      if (round > 0) {
        throw new Failure('checksum', 'what qBittorrent calls complete does not match the hashes of the torrent');
      }
      this.#request.onNote?.('bytes in the folder of qBittorrent are not those of the torrent; it checks them again');
      await this.#follower.checkAgain(signal);
    }
  }

  /** What will be told as durable needs files of that length. They take no space. */
  async #makeRoom(): Promise<void> {
    for (const { path, size } of this.#request.targets) {
      await onDisk(path, async () => {
        const file = this.#disk.open(path);
        try {
          if (size !== null && (await file.size()) < size) await file.truncate(size);
        } finally {
          await file.close();
        }
      });
    }
  }

  /** Adds the torrent where it is not there, says what is wanted of it, and starts it. */
  async #begin(signal: AbortSignal): Promise<Places> {
    if (!(await this.#remote.isThere(signal))) {
      if (this.#durable.some(({ ranges }) => ranges.length > 0)) {
        this.#request.onNote?.('qBittorrent no longer had the torrent; it is added again');
      }
      await this.#remote.add(signal);
    }
    const places = await this.#remote.choose(this.#request.targets, signal);
    await this.#follower.sendLimit(signal);
    this.#isStarted = true;
    await this.#remote.start(signal);
    return places;
  }

  #wanted({ paths }: Pick<Places, 'paths'>): WantedFile[] {
    return this.#request.targets.map((target) => {
      const described = this.#described(target.position);
      return { target, described, there: paths[target.position] ?? '' };
    });
  }

  #described(position: number): TorrentFile {
    const described = this.#work.metainfo.files[position];
    if (!described) throw new Failure('internal', 'a target is not in the torrent');
    return described;
  }

  /** An earlier run may have brought everything to its place and died before it could say so. */
  async #placedBefore(signal: AbortSignal): Promise<readonly FinishedFile[] | undefined> {
    const isWhole = this.#request.targets.every(({ durable, size }) => bytesIn(durable) === size);
    if (!isWhole) return undefined;
    const paths = this.#work.metainfo.files.map((_, position) => join(this.#work.folder, 'nowhere', String(position)));
    return placeFiles(this.#disk, this.#work.metainfo, this.#wanted({ paths }), signal);
  }

  async #clearAway(signal: AbortSignal): Promise<void> {
    await this.#remote.remove(signal);
    this.#isStarted = false;
    await removeEmptied(this.#disk, this.#work.folder, this.#parts.clock, signal);
  }

  #end(files: readonly FinishedFile[]): TransferEnd {
    this.#isStarted = false;
    this.#durable = files.map(({ position, size }) => ({ position, ranges: size > 0 ? [[0, size]] : [] }));
    this.#follower.ended(files.reduce((sum, { size }) => sum + size, 0));
    return { files };
  }

  async #isFull(): Promise<boolean> {
    const space = await this.#disk.space(dirname(this.#work.folder)).catch(() => undefined);
    return space !== undefined && space.free < fullBelow;
  }

  /** The next try begins from nothing. */
  #removed(): Failure {
    this.#isStarted = false;
    this.#durable = this.#durable.map(({ position }) => ({ position, ranges: [] }));
    return new Failure('refused', 'somebody has removed the torrent from qBittorrent; longhaul retry adds it again');
  }

  #rangesIn(states: readonly number[]): readonly FileRanges[] {
    return this.#request.targets.map(({ position }) => ({
      position,
      ranges: rangesOf(this.#work.metainfo, this.#described(position), states),
    }));
  }
}
