import type { Disk } from '../../disk/disk.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { RateLimit } from '../http/flow.ts';
import type { Seeding, SeedRequest } from '../source.ts';
import type { Clients, Joining } from './clients.ts';
import type { KeptTorrents } from './kept.ts';
import { askedOf, type LaidFile, type Pieces, piecesIn, placeOf, spansOf } from './layout.ts';
import { forLibrary } from './lean-torrent.ts';
import { parseMagnet } from './magnet.ts';
import { type Metainfo, readTorrent } from './metainfo.ts';
import { OpenFiles } from './open-files.ts';
import { notThere } from './piece-store.ts';

export interface SeedingParts {
  readonly clients: Pick<Clients, 'join'>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly kept: KeptTorrents;
}

interface SeededFile extends LaidFile {
  /** Undefined: it was not delivered. */
  readonly path: string | undefined;
}

/**
 * Sends the delivered files of one torrent to others; `source.ts` has the promises. They are opened for reading alone,
 * and not checked first: what is not as it was delivered the engine does not hand over, and what has no whole piece in
 * it is not offered.
 */
export class TorrentSeeding implements Seeding {
  readonly done: Promise<never>;
  readonly #parts: SeedingParts;
  readonly #open: OpenFiles;
  readonly #failing = Promise.withResolvers<never>();
  readonly #running: Promise<void>;
  #joining: Joining | undefined;
  #sent = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: SeedingParts, request: SeedRequest) {
    this.#parts = parts;
    this.#open = new OpenFiles(parts.disk, 'read');
    this.done = this.#failing.promise;
    this.done.catch(() => {});
    this.#running = this.#run(request).catch((error: unknown) => this.#fail(asFailure(error)));
  }

  progress() {
    const { torrent } = this.#joining ?? {};
    this.#sent = Math.max(this.#sent, torrent?.uploaded ?? 0);
    return { uploaded: this.#sent, connections: torrent?.wires.length ?? 0 };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#leave();
    await this.#running;
    this.#leave();
    await this.#open.close();
  }

  async #run({ link, files }: SeedRequest): Promise<void> {
    const { clients, kept, clock } = this.#parts;
    const { infoHash } = parseMagnet(link);
    const bytes = await kept.read(infoHash);
    if (!bytes) throw new Failure('link', 'its .torrent is not kept here any more, so it cannot be seeded');
    const metainfo = readTorrent(bytes);
    const laid = laidFiles(metainfo, files);
    const there = piecesIn(
      metainfo,
      laid.map((file) => ({ file, durable: file.path === undefined ? [] : [[0, file.size] as const] })),
    );
    if (this.#closing) return;
    this.#joining = await clients.join({
      id: forLibrary(metainfo, bytes, false),
      info: metainfo.info,
      infoHash,
      isPrivate: metainfo.isPrivate,
      limit: new RateLimit(clock),
      peers: [],
      yields: true,
      onFailure: (failure) => this.#fail(failure),
      options: {
        preloadedStore: this.#store(metainfo, laid, there),
        storeCacheSlots: 0,
        deselect: true,
        bitfield: there.bits,
        strategy: 'rarest',
      },
    });
  }

  #fail(failure: Failure): void {
    this.progress();
    this.#leave();
    if (!this.#closing) this.#failing.reject(failure);
  }

  #leave(): void {
    this.progress();
    this.#joining?.leave();
    this.#joining = undefined;
  }

  /** As the library asks for bytes (abstract-chunk-store). Nothing is ever put there. */
  #store(metainfo: Metainfo, files: readonly SeededFile[], there: Pieces) {
    type Got = (error: Error | null, bytes?: Uint8Array) => void;
    const refuse = (_piece: number, _bytes: Uint8Array, told: Got) => told(new Error('it is only seeded'));
    const get = (piece: number, options: { offset?: number; length?: number } | null | Got, got?: Got) => {
      const [asked, tell] = typeof options === 'function' ? [null, options] : [options, got];
      const part = there.has(piece) ? askedOf(metainfo, piece, asked) : undefined;
      if (!part) return tell?.(notThere());
      this.#read(files, placeOf(metainfo, piece).from + part.offset, part.length).then(
        (read) => tell?.(null, read),
        (error: unknown) => {
          const failure = asFailure(error);
          tell?.(failure);
          this.#fail(failure);
        },
      );
    };
    const close = (closed: Got) => queueMicrotask(() => closed(null));
    return { chunkLength: metainfo.pieceLength, put: refuse, get, close, destroy: close };
  }

  /** What lies between files only fills up, and is zeros. Throws `Failure`. */
  async #read(files: readonly SeededFile[], from: number, length: number): Promise<Uint8Array> {
    const read = new Uint8Array(length);
    for (const { file, inFile, inRange, bytes } of spansOf(files, from, length)) {
      if (file.path === undefined) throw new Failure('internal', 'a piece that is not whole was asked for');
      const got = await this.#open.read(file.path, read.subarray(inRange, inRange + bytes), inFile);
      if (got < bytes) throw new Failure('disk', `${file.path} is shorter than it was delivered`);
    }
    return read;
  }
}

/** All files of the torrent; throws `Failure` where one that was delivered cannot be what the torrent says. */
function laidFiles({ files }: Metainfo, delivered: SeedRequest['files']): readonly SeededFile[] {
  const paths = new Map(delivered.map(({ position, path }) => [position, path]));
  for (const { position, path, size } of delivered) {
    if (files[position]?.size !== size) throw new Failure('disk', `${path} is not the file that the torrent names`);
  }
  return files.map(({ offset, size }, position) => ({ offset, size, path: paths.get(position) }));
}
