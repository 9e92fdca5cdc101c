import { createHash } from 'node:crypto';
import type { Piece, StreamTrack } from '../../playlist/hls.ts';

/** What `resolve` hands to `fetch`; plain data. The links may hold what opens them: never shown. */
export interface StreamPlan {
  /** As given: whose options count for what. */
  readonly link: string;
  /** The picture's first; a second one is the sound. */
  readonly tracks: readonly StreamTrack[];
}

/** One piece in its place in the partial. */
export interface PlannedPiece {
  readonly track: number;
  readonly piece: number;
  readonly from: Piece;
  /** Ms of media; 0: it is a beginning, or of a track that is not counted. */
  readonly duration: number;
}

/** All pieces, in the order of their time; beginnings first. Pure. */
export function piecesOf({ tracks }: Pick<StreamPlan, 'tracks'>): PlannedPiece[] {
  const planned: { readonly at: number; readonly piece: PlannedPiece }[] = [];
  for (const [track, { init, segments }] of tracks.entries()) {
    if (init) planned.push({ at: -1, piece: { track, piece: 0, from: init, duration: 0 } });
    let at = 0;
    for (const [n, segment] of segments.entries()) {
      const duration = track === 0 ? segment.duration : 0;
      planned.push({ at, piece: { track, piece: n + 1, from: segment, duration } });
      at += segment.duration;
    }
  }
  return planned.sort((a, b) => a.at - b.at || a.piece.track - b.piece.track).map(({ piece }) => piece);
}

/** Ms of media. Pure. */
export function durationOf({ tracks }: Pick<StreamPlan, 'tracks'>): number {
  return tracks[0]?.segments.reduce((sum, { duration }) => sum + duration, 0) ?? 0;
}

/**
 * By what the same stream is known again though its links have other signatures: what its playlists say of durations,
 * ranges and names. Pure.
 */
export function versionOf({ tracks }: Pick<StreamPlan, 'tracks'>): string {
  const hash = createHash('sha256');
  for (const { init, segments } of tracks) {
    hash.update(`track ${init ? nameOf(init) : ''}\n`);
    for (const segment of segments) hash.update(`${segment.duration} ${nameOf(segment)}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

function nameOf({ url, span }: Piece): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  return `${last} ${span ? `${span.from}-${span.to}` : ''}`;
}
