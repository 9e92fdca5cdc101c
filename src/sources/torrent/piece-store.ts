import { asFailure, Failure } from '../../downloads/failure.ts';
import type { Range } from '../../downloads/ranges.ts';
import type { FetchTarget, FileRanges } from '../source.ts';
import { askedOf, type Cut, type LaidFile, Pieces, piecesOf, placeOf, rangesOf, spansOf } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import { pieceBuffers } from './receiving.ts';
import type { Spill } from './spill.ts';

/** One file of the torrent, with where it is written where it is wanted. */
export interface PlacedFile extends LaidFile {
  readonly target: FetchTarget | undefined;
}

export interface PieceStoreParts {
  readonly cut: Cut;
  /** In the torrent's order, without those that only fill up. */
  readonly files: readonly PlacedFile[];
  readonly open: OpenFiles;
  /** Where parts of files that are not wanted go when they share a piece with one that is. */
  readonly spill: Spill;
  /** Pieces that are there already. */
  readonly there: Pieces;
  /** A piece has been written, not yet made durable. */
  readonly onWritten: (piece: number) => void;
  /** Nothing can be written any more: said once. */
  readonly onFailure: (failure: Failure) => void;
}

type Done = (error: Error | null) => void;
type Got = (error: Error | null, bytes?: Uint8Array) => void;

/**
 * Where the torrent library puts pieces it has verified, and gets those it sends to others (abstract-chunk-store).
 *
 * After an error of the disk nothing is written any more, and the library is not told: it would throw the torrent away,
 * where the download only has to wait for space.
 */
export class PieceStore {
  readonly chunkLength: number;
  readonly #parts: PieceStoreParts;
  /** What stands in the files, durable or not. */
  readonly #written: Pieces;
  /** Targets with bytes that nobody was told of as durable, by the position of each. */
  #untold = new Set<PlacedFile>();
  #bytes = 0;
  #stopped = false;

  constructor(parts: PieceStoreParts) {
    this.#parts = parts;
    this.chunkLength = parts.cut.pieceLength;
    this.#written = parts.there.clone();
    this.#bytes = parts.files.reduce(
      (sum, file) =>
        file.target ? rangesOf(parts.cut, file, this.#written).reduce((all, [a, b]) => all + b - a, sum) : sum,
      0,
    );
  }

  /** Bytes of all targets that stand written. */
  get bytes(): number {
    return this.#bytes;
  }

  has(piece: number): boolean {
    return this.#written.has(piece);
  }

  put(piece: number, bytes: Uint8Array, done: Done): void {
    if (this.#stopped) return;
    try {
      this.#write(piece, bytes);
    } catch (error) {
      this.stop();
      this.#parts.onFailure(asFailure(error));
      return;
    }
    queueMicrotask(() => {
      done(null);
      pieceBuffers.giveBack(bytes);
    });
  }

  get(piece: number, options: { offset?: number; length?: number } | null | Got, got?: Got): void {
    const [asked, tell] = typeof options === 'function' ? [null, options] : [options, got];
    const part = askedOf(this.#parts.cut, piece, asked);
    const reading = part ? this.read(piece, part.offset, part.length) : Promise.reject(notThere());
    reading.then(
      (read) => tell?.(null, read),
      (error: unknown) => tell?.(asFailure(error)),
    );
  }

  close(done: Done): void {
    this.stop();
    queueMicrotask(() => done(null));
  }

  destroy(done: Done): void {
    this.close(done);
  }

  /** Positions of the targets that were written to since the last `flush`. */
  get unflushed(): number[] {
    return [...this.#untold].flatMap(({ target }) => target?.position ?? []);
  }

  /** From now on nothing is written. */
  stop(): void {
    this.#stopped = true;
  }

  /** Bytes of a piece as they stand in the files; what is not there is zeros. Throws `Failure`. */
  async read(piece: number, offset: number, length: number): Promise<Uint8Array> {
    const { cut, files, open, spill } = this.#parts;
    const { from } = placeOf(cut, piece);
    const read = new Uint8Array(length);
    for (const span of spansOf(files, from + offset, length)) {
      const into = read.subarray(span.inRange, span.inRange + span.bytes);
      if (span.file.target) await open.read(span.file.target.path, into, span.inFile);
      else await spill.read(piece, into, offset + span.inRange);
    }
    return read;
  }

  /** It was looked at and is right: as good as if it had just come. */
  adopt(piece: number): void {
    if (!this.#written.has(piece)) this.#count(piece, true);
  }

  /** It was looked at and is wrong. */
  reject(piece: number): void {
    if (this.#written.has(piece)) this.#count(piece, false);
  }

  /** Syncs, then tells the targets whose ranges are others than at the last call. Throws `Failure`. */
  async flush(): Promise<readonly FileRanges[]> {
    const { cut, open, spill } = this.#parts;
    const untold = this.#untold;
    const written = this.#written.clone();
    this.#untold = new Set();
    try {
      await open.sync();
      await spill.sync();
    } catch (error) {
      this.stop();
      const failure = asFailure(error);
      this.#parts.onFailure(failure);
      throw failure;
    }
    return [...untold].map((file) => ({
      position: file.target?.position ?? 0,
      ranges: rangesOf(cut, file, written) as readonly Range[],
    }));
  }

  #write(piece: number, bytes: Uint8Array): void {
    const { cut, files, open, spill } = this.#parts;
    const { from } = placeOf(cut, piece);
    let spilled = false;
    for (const span of spansOf(files, from, bytes.length)) {
      if (span.file.target) open.write(span.file.target.path, bytes, span.inRange, span.bytes, span.inFile);
      else spilled = true;
    }
    if (spilled) spill.write(piece, bytes);
    this.#count(piece, true);
    this.#parts.onWritten(piece);
  }

  #count(piece: number, there: boolean): void {
    const { cut, files } = this.#parts;
    this.#written.set(piece, there);
    const { from, bytes } = placeOf(cut, piece);
    for (const { file, bytes: part } of spansOf(files, from, bytes)) {
      if (!file.target) continue;
      this.#bytes += there ? part : -part;
      this.#untold.add(file);
    }
  }
}

/** To a peer that asks for what no piece has. */
export function notThere(): Failure {
  return new Failure('protocol', 'a peer asked for bytes that are not there');
}

/** The pieces that hold bytes of the targets. */
export function wantedPieces(cut: Cut, files: readonly PlacedFile[]): Pieces {
  const wanted = new Pieces(Math.ceil(cut.length / cut.pieceLength));
  for (const file of files) {
    const ends = file.target ? piecesOf(cut, file) : undefined;
    if (!ends) continue;
    for (let piece = ends[0]; piece <= ends[1]; piece += 1) wanted.set(piece, true);
  }
  return wanted;
}

/** The wanted pieces as runs of one priority each; a piece that several files share has the highest of theirs. Pure. */
export function selections(
  cut: Cut,
  files: readonly PlacedFile[],
): { readonly from: number; readonly to: number; readonly priority: number }[] {
  const highest = new Map<number, number>();
  for (const file of files) {
    const ends = file.target ? piecesOf(cut, file) : undefined;
    const priority = file.target?.priority ?? 0;
    for (let piece = ends?.[0] ?? 0; ends && piece <= ends[1]; piece += 1) {
      highest.set(piece, Math.max(priority, highest.get(piece) ?? priority));
    }
  }
  const runs: { from: number; to: number; priority: number }[] = [];
  for (const [piece, priority] of [...highest].toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last && last.to === piece - 1 && last.priority === priority) last.to = piece;
    else runs.push({ from: piece, to: piece, priority });
  }
  return runs;
}
