import { createHash } from 'node:crypto';
import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { filesAtOnce, inLanes } from '../../disk/in-lanes.ts';
import { leasedDisk } from '../../disk/leased-disk.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import type { Clock } from '../../time/clock.ts';
import { RateLimit } from '../http/flow.ts';
import type { FetchRequest, FileRanges, Transfer, TransferEnd, TransferLimits, TransferProgress } from '../source.ts';
import type { Clients, Joining } from './clients.ts';
import type { KeptTorrents } from './kept.ts';
import { Pieces, piecesIn, piecesOf } from './layout.ts';
import { forLibrary } from './lean-torrent.ts';
import { type Metainfo, readTorrent } from './metainfo.ts';
import { OpenFiles } from './open-files.ts';
import { PieceStore, type PlacedFile, selections, wantedPieces } from './piece-store.ts';
import { doubtfulFiles, type FileLook } from './resume-record.ts';
import { Spill } from './spill.ts';
import { WorkFiles } from './work-files.ts';

export interface TransferParts {
  readonly clients: Pick<Clients, 'join'>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly kept: KeptTorrents;
  readonly webSeeds: boolean;
  /** Folder of work files. */
  readonly folder: string;
  /** So many begin at the same time. */
  readonly starting: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface TorrentPlan {
  /** The `.torrent`; what it says of very many files is known to this thread alone. */
  readonly bytes: Uint8Array;
  /** Peers that were there when it was found out what the torrent contains. */
  readonly peers: readonly string[];
}

/** How often it is recorded how the files look, ms; of very many it takes so long that it is done less often. */
const recordEvery = 5000;
const recordShare = 0.05;
const hashBytes = 20;

/** Fetches the files of one torrent; `source.ts` has the promises. */
export class TorrentTransfer implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: TransferParts;
  readonly #request: FetchRequest;
  readonly #plan: TorrentPlan;
  readonly #metainfo: Metainfo;
  readonly #limit: RateLimit;
  readonly #work: WorkFiles;
  readonly #open: OpenFiles;
  readonly #spill: Spill;
  readonly #store: PieceStore;
  readonly #wanted: Pieces;
  readonly #files: readonly PlacedFile[];
  readonly #finish = Promise.withResolvers<void>();
  readonly #running: Promise<unknown>;
  #missing = 0;
  #joining: Joining | undefined;
  #closing: Promise<void> | undefined;
  /** How the targets looked, by position; those in `#changed` look otherwise since. */
  readonly #looks = new Map<number, FileLook>();
  readonly #changed = new Set<number>();
  #recordDue: number;
  #complete = false;

  constructor(parts: TransferParts, request: FetchRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#plan = request.manifest.plan as TorrentPlan;
    const metainfo = readTorrent(this.#plan.bytes);
    this.#metainfo = metainfo;
    const disk = leasedDisk(parts.disk, request.deadline, parts.clock);
    const targets = new Map(request.targets.map((target) => [target.position, target]));
    this.#files = metainfo.files.map(({ offset, size }, at) => ({ offset, size, target: targets.get(at) }));
    this.#limit = new RateLimit(parts.clock);
    this.#work = new WorkFiles(disk, parts.folder, metainfo.infoHash, request.targets[0]?.path ?? '');
    this.#open = new OpenFiles(disk);
    this.#spill = new Spill(disk, this.#work.spillPath, metainfo.pieceLength);
    this.#wanted = wantedPieces(metainfo, this.#files);
    this.#store = new PieceStore({
      cut: metainfo,
      files: this.#files,
      open: this.#open,
      spill: this.#spill,
      there: piecesIn(metainfo, this.#targets()),
      onWritten: (piece) => this.#written(piece),
      onFailure: (failure) => this.#finish.reject(failure),
    });
    this.#recordDue = parts.clock.monotonic() + recordEvery;
    const { promise, resolve, reject } = Promise.withResolvers<TransferEnd>();
    this.done = promise;
    this.done.catch(() => {});
    this.#finish.promise.catch(() => {});
    this.#running = this.#run().then(
      (end) => {
        if (!this.#closing) resolve(end);
      },
      (error: unknown) => {
        this.#store.stop();
        this.#leave();
        if (!this.#closing) reject(asFailure(error));
      },
    );
  }

  async flush(): Promise<readonly FileRanges[]> {
    const ranges = await this.#store.flush();
    for (const { position } of ranges) this.#changed.add(position);
    const { clock } = this.#parts;
    const began = clock.monotonic();
    if (ranges.length > 0 && began >= this.#recordDue) {
      await this.#record(false);
      const now = clock.monotonic();
      this.#recordDue = now + Math.max(recordEvery, (now - began) / recordShare);
    }
    return ranges;
  }

  progress(): TransferProgress {
    const { torrent } = this.#joining ?? {};
    const received = torrent?.received ?? 0;
    return { bytes: this.#store.bytes, connections: torrent?.wires.length ?? 0, received };
  }

  tune({ rate }: TransferLimits): void {
    if (rate !== undefined && rate !== this.#limit.rate) this.#limit.set(rate);
  }

  /** Peers are connected to anew. */
  nudge(): void {
    for (const wire of [...(this.#joining?.torrent.wires ?? [])]) wire.destroy();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#store.stop();
    this.#finish.reject(closed());
    this.#leave();
    await this.#running;
    // Its lease may be over, or the disk gone: what was told to be durable is so without it.
    await (this.#complete ? this.#work.remove() : this.#record(true)).catch(() => {});
    await this.#work.close().catch(() => {});
    await this.#spill.close();
    await this.#open.close();
  }

  #leave(): void {
    this.#joining?.leave();
    this.#joining = undefined;
  }

  async #run(): Promise<TransferEnd> {
    const { starting, kept } = this.#parts;
    const { bytes, peers } = this.#plan;
    const metainfo = this.#metainfo;
    await starting(async () => {
      if (this.#closing) throw closed();
      if (!(await kept.read(metainfo.infoHash))) await kept.keep(metainfo.infoHash, bytes);
      await this.#prove();
    });
    for (let piece = 0; piece < this.#wanted.count; piece += 1) {
      if (this.#wanted.has(piece) && !this.#store.has(piece)) this.#missing += 1;
    }
    if (this.#missing > 0) await this.#fetch(peers);
    await this.#cutExcess();
    this.#complete = true;
    return {
      files: this.#request.targets.map(({ position }) => ({
        position,
        size: metainfo.files[position]?.size ?? 0,
        integrity: 'checksum' as const,
      })),
    };
  }

  /** Until every wanted piece has come. */
  async #fetch(peers: readonly string[]): Promise<void> {
    const metainfo = this.#metainfo;
    const { options } = this.#request;
    const there = new Pieces(this.#wanted.count);
    for (let piece = 0; piece < there.count; piece += 1) there.set(piece, this.#store.has(piece));
    this.#joining = await this.#parts.clients.join({
      id: forLibrary(metainfo, this.#plan.bytes, this.#parts.webSeeds),
      info: metainfo.info,
      infoHash: metainfo.infoHash,
      isPrivate: metainfo.isPrivate,
      limit: this.#limit,
      peers,
      onFailure: (failure) => this.#finish.reject(failure),
      options: {
        preloadedStore: this.#store,
        storeCacheSlots: 0,
        deselect: true,
        bitfield: there.bits,
        strategy: options.sequential === true ? 'sequential' : 'rarest',
      },
    });
    if (this.#closing) throw closed();
    this.#joining.torrent.once('metadata', () => this.#select());
    await this.#finish.promise;
    this.#leave();
  }

  #select(): void {
    const torrent = this.#joining?.torrent;
    if (!torrent || torrent.destroyed) return;
    for (const { from, to, priority } of selections(this.#metainfo, this.#files)) torrent.select(from, to, priority);
  }

  #written(piece: number): void {
    this.#work.note(piece);
    if (!this.#wanted.has(piece)) return;
    this.#missing -= 1;
    if (this.#missing === 0) this.#finish.resolve();
  }

  /**
   * Looks at the pieces of which it is not sure that they are there and right: those that a killed run wrote and could
   * not make durable, and those of files that were changed since. All others are believed.
   */
  async #prove(): Promise<void> {
    await this.#look(this.#request.targets);
    await this.#spill.load();
    const doubtful = new Set([...(await this.#work.begin())].filter((piece) => !this.#store.has(piece)));
    const changed = doubtfulFiles(await this.#work.record(), [...this.#looks.values()]);
    for (const file of this.#files) {
      const ends = file.target && changed.has(file.target.position) ? piecesOf(this.#metainfo, file) : undefined;
      if (!ends) continue;
      for (let piece = ends[0]; piece <= ends[1]; piece += 1) if (this.#store.has(piece)) doubtful.add(piece);
    }
    for (const piece of doubtful) {
      if (this.#closing) throw closed();
      if (piece >= this.#wanted.count) continue;
      if (await this.#isRight(piece)) this.#store.adopt(piece);
      else this.#store.reject(piece);
    }
  }

  async #isRight(piece: number): Promise<boolean> {
    const { pieces, pieceLength, length } = this.#metainfo;
    const bytes = Math.min(pieceLength, length - piece * pieceLength);
    const digest = createHash('sha1')
      .update(await this.#store.read(piece, 0, bytes))
      .digest();
    return digest.equals(pieces.subarray(piece * hashBytes, (piece + 1) * hashBytes));
  }

  async #look(targets: FetchRequest['targets']): Promise<void> {
    const { disk } = this.#parts;
    await inLanes(targets, filesAtOnce, async ({ position, path }) => {
      const facts = await onDisk(path, () => disk.facts(path));
      if (!facts?.isFile) throw new Failure('disk', `${path} is gone; longhaul retry starts it over`);
      this.#looks.set(position, { position, size: facts.size, modifiedAt: facts.modifiedAt });
    });
  }

  async #record(clean: boolean): Promise<void> {
    if (!this.#request.targets.some(({ durable }) => bytesIn(durable) > 0) && this.#store.bytes === 0) return;
    const at = this.#parts.clock.now();
    for (const position of this.#store.unflushed) this.#changed.add(position);
    const changed = this.#request.targets.filter(({ position }) => this.#changed.delete(position));
    await this.#look(changed);
    await this.#work.writeRecord({ at, clean, files: [...this.#looks.values()] });
  }

  /** A file may have been longer, as another program left it. */
  async #cutExcess(): Promise<void> {
    for (const { position, path } of this.#request.targets) {
      const wanted = this.#metainfo.files[position]?.size ?? 0;
      if ((this.#looks.get(position)?.size ?? 0) > wanted) await this.#open.cutTo(path, wanted);
    }
  }

  #targets() {
    return this.#files.flatMap((file) => (file.target ? [{ file, durable: file.target.durable }] : []));
  }
}

function closed(): Failure {
  return new Failure('internal', 'the transfer is closed');
}
