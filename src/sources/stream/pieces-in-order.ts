import type { OpenFile } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { PieceFetcher } from './pieces.ts';
import type { PlannedPiece } from './plan.ts';
import { headBytes, type RecordHead, readHead, writeHead } from './records.ts';

/** A record in the partial. */
export interface StoredPiece extends RecordHead {
  /** Position of its first byte in the partial, behind its head. */
  readonly at: number;
}

export interface Missing {
  readonly fetcher: PieceFetcher;
  readonly planned: readonly PlannedPiece[];
  readonly atOnce: number;
  /** The partial. */
  readonly file: OpenFile;
}

/** Bytes that are handed on at once. */
const portion = 1 << 20;

/** How much of the plan stands in a partial. */
export interface Stored {
  /** Whole pieces. */
  readonly count: number;
  /** Where they end, bytes. */
  readonly end: number;
  /** Ms of media in the whole ones. */
  readonly duration: number;
}

/** Looks which pieces of the plan stand whole in the first `size` bytes of the partial. */
export async function lookAtStored(file: OpenFile, planned: readonly PlannedPiece[], size: number): Promise<Stored> {
  let stored: Stored = { count: 0, end: 0, duration: 0 };
  for await (const { track, piece, at, length } of storedPieces(file, size)) {
    const expected = planned[stored.count];
    if (expected?.track !== track || expected.piece !== piece) return stored;
    stored = { count: stored.count + 1, end: at + length, duration: stored.duration + expected.duration };
  }
  return stored;
}

/** The records that stand whole in the first `size` bytes, in their order. */
export async function* storedPieces(file: OpenFile, size: number): AsyncGenerator<StoredPiece> {
  const buffer = Buffer.alloc(headBytes);
  for (let at = 0; at + headBytes <= size; ) {
    const read = await file.read(buffer, 0, headBytes, at);
    const head = readHead(buffer.subarray(0, read));
    if (!head || at + headBytes + head.length > size) return;
    yield { ...head, at: at + headBytes };
    at += headBytes + head.length;
  }
}

/**
 * The bytes of the partial from `from` on: what of the plan does not stand there yet, in its order, with a few pieces asked
 * for at the same time. What stands before `from` of a piece that was begun must be the same again. `onPiece` hears of
 * each piece that is complete. Throws `Failure`.
 */
export async function* missingPieces(
  { fetcher, planned, atOnce, file }: Missing,
  stored: Stored,
  from: number,
  onPiece: (piece: PlannedPiece) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const own = AbortSignal.any([signal, stop.signal]);
  const ahead: { readonly piece: PlannedPiece; readonly bytes: Promise<Buffer> }[] = [];
  let next = stored.count;
  let skip = from - stored.end;
  try {
    for (;;) {
      for (; ahead.length < atOnce && next < planned.length; next += 1) {
        const piece = planned[next];
        if (!piece) break;
        const bytes = fetcher.piece(piece.from, piece.piece === 0, own);
        bytes.catch(() => {});
        ahead.push({ piece, bytes });
      }
      const first = ahead.shift();
      if (!first) return;
      const bytes = await first.bytes;
      const head = writeHead({ ...first.piece, length: bytes.length });
      if (skip > 0 && !(await isSame(file, stored.end, skip, [head, bytes]))) {
        throw new Failure('changed', 'a piece of the stream is another one than before');
      }
      for (const part of [head, bytes]) {
        for (let at = Math.min(skip, part.length); at < part.length; at += portion)
          yield part.subarray(at, at + portion);
        skip = Math.max(0, skip - part.length);
      }
      onPiece(first.piece);
    }
  } finally {
    stop.abort(new Failure('internal', 'these pieces are no longer wanted'));
  }
}

/** Whether the `length` bytes at `at` are the beginning of what these parts make. */
async function isSame(file: OpenFile, at: number, length: number, parts: readonly Buffer[]): Promise<boolean> {
  const whole = Buffer.concat(parts);
  const stands = Buffer.alloc(length);
  return (await file.read(stands, 0, length, at)) === length && stands.equals(whole.subarray(0, length));
}
