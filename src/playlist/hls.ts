import hls from 'hls-parser';
import type { Key, MasterPlaylist, MediaPlaylist, Segment, Variant } from 'hls-parser/types.js';
import { Failure } from '../downloads/failure.ts';

/** Bytes of a resource; left out of where they are needed: all of it. */
export interface ByteSpan {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** What a segment is deciphered with: AES-128 in CBC mode (RFC 8216 section 4.3.2.4). */
export interface SegmentKey {
  readonly url: string;
  /** Hex; 16 bytes. */
  readonly iv: string;
}

export interface Piece {
  readonly url: string;
  readonly span?: ByteSpan;
  readonly key?: SegmentKey;
}

export interface StreamSegment extends Piece {
  /** Ms. */
  readonly duration: number;
}

/** One track of a stream: its beginning, where it has one of its own (fMP4), and its segments in order. */
export interface StreamTrack {
  readonly init?: Piece;
  readonly segments: readonly StreamSegment[];
}

export type HlsPlaylist =
  | { readonly kind: 'media'; readonly track: StreamTrack }
  | {
      readonly kind: 'choice';
      /** For people: `1920x1080, 5.1 Mbit/s`. */
      readonly chosen: string;
      readonly video: string;
      /** Where the sound is a playlist of its own. */
      readonly audio?: string;
    };

/** A stream with more is not fetched: at 2 s each it would last 11 days. */
const mostSegments = 500_000;

/**
 * Reads an HLS playlist (RFC 8216); `address` is where it came from. Throws `Failure('media')` with the reason for what
 * cannot be fetched: live, protected, empty, of several beginnings, no playlist. Pure.
 */
export function readHls(text: string, address: string): HlsPlaylist {
  const playlist = parsed(text);
  if (playlist.isMasterPlaylist) return choose(playlist as MasterPlaylist, address);
  return { kind: 'media', track: trackOf(playlist as MediaPlaylist, address) };
}

function parsed(text: string): MasterPlaylist | MediaPlaylist {
  hls.setOptions({ strictMode: false, silent: true });
  try {
    const playlist = hls.parse(text) as MasterPlaylist | MediaPlaylist | undefined;
    if (playlist) return playlist;
  } catch {
    // Said below.
  }
  throw new Failure(
    'media',
    'the playlist of the stream cannot be read; it is damaged, or of a kind that is not known',
  );
}

/** The highest picture; of equals the most bits. A stream without pictures: the most bits. */
function choose({ variants, sessionKeyList }: MasterPlaylist, address: string): HlsPlaylist {
  for (const key of sessionKeyList ?? []) refuseProtected(key);
  const playable = (variants ?? []).filter((variant) => !variant.isIFrameOnly && typeof variant.uri === 'string');
  const [first, ...rest] = playable;
  if (!first) throw new Failure('media', 'the stream offers nothing that can be fetched');
  const best = rest.reduce((one, other) => (rank(other) > rank(one) ? other : one), first);
  const sound = best.audio?.find(({ isDefault, uri }) => isDefault && uri) ?? best.audio?.find(({ uri }) => uri);
  const own = best.audio?.some(({ isDefault, uri }) => isDefault && !uri) === true;
  return {
    kind: 'choice',
    chosen: describe(best),
    video: absolute(best.uri, address),
    ...(sound?.uri === undefined || own ? {} : { audio: absolute(sound.uri, address) }),
  };
}

function rank({ resolution, bandwidth }: Variant): number {
  return (resolution?.height ?? 0) * 1e10 + Math.min(Number(bandwidth) || 0, 1e10 - 1);
}

function describe({ resolution, bandwidth }: Variant): string {
  const picture = resolution ? [`${resolution.width}x${resolution.height}`] : [];
  const rate = bandwidth > 0 ? [`${(bandwidth / 1e6).toFixed(1)} Mbit/s`] : [];
  return [...picture, ...rate].join(', ') || 'the only variant';
}

function trackOf({ segments, endlist, playlistType }: MediaPlaylist, address: string): StreamTrack {
  if (!endlist && playlistType !== 'VOD') {
    throw new Failure('media', 'it is a live stream, which has no end yet; fetch it when it is over');
  }
  const wanted = (segments ?? []).filter(({ gap, uri }) => !gap && typeof uri === 'string');
  if (wanted.length === 0) throw new Failure('media', 'the stream is empty');
  if (wanted.length > mostSegments)
    throw new Failure('unsupported', `the stream has ${wanted.length} pieces, too many`);
  const init = initOf(wanted, address);
  return { ...(init ? { init } : {}), segments: wanted.map((segment) => segmentOf(segment, address)) };
}

/** One beginning for all: what begins anew in the middle (an advertisement) is no single film. */
function initOf(segments: readonly Segment[], address: string): Piece | undefined {
  const inits = new Map<string | undefined, Piece | undefined>();
  for (const { map, key, mediaSequenceNumber } of segments) {
    const piece = map
      ? { url: absolute(map.uri, address), ...spanOf(map.byterange), ...keyOf(key, mediaSequenceNumber, address) }
      : undefined;
    const place = JSON.stringify(piece && [piece.url, piece.span]);
    // The key that counts for a beginning is the one before it.
    if (!inits.has(place)) inits.set(place, piece);
  }
  if (inits.size > 1) {
    throw new Failure(
      'unsupported',
      'the stream changes its format in the middle; it cannot be put together without loss',
    );
  }
  return [...inits.values()][0];
}

function segmentOf({ uri, byterange, key, mediaSequenceNumber, duration }: Segment, address: string): StreamSegment {
  const ms = Number(duration) * 1000;
  return {
    url: absolute(uri, address),
    ...spanOf(byterange),
    ...keyOf(key, mediaSequenceNumber, address),
    duration: Number.isFinite(ms) && ms > 0 ? Math.min(ms, 1e9) : 0,
  };
}

function spanOf(range: { readonly offset: number; readonly length: number } | undefined): { span?: ByteSpan } {
  if (!range) return {};
  const { offset, length } = range;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length <= 0) {
    throw new Failure('media', 'the playlist of the stream names a range of bytes that cannot be');
  }
  return { span: { from: offset, to: offset + length } };
}

function keyOf(key: Key | null | undefined, sequence: number, address: string): { key?: SegmentKey } {
  if (!key || key.method === 'NONE') return {};
  refuseProtected(key);
  const { uri, iv } = key;
  if (uri === undefined) throw new Failure('unsupported', 'the stream is encrypted, and does not say where its key is');
  const counted = BigInt(Math.max(0, Math.floor(Number(sequence) || 0))).toString(16);
  const hex = iv ? Buffer.from(iv as unknown as Uint8Array).toString('hex') : counted;
  return { key: { url: absolute(uri, address), iv: hex.padStart(32, '0').slice(-32) } };
}

/** Of all ways to encrypt only the one whose key is handed to everybody who asks. */
function refuseProtected({ method, format }: Key): void {
  if (method === 'NONE' || (method === 'AES-128' && (format === undefined || format === 'identity'))) return;
  throw new Failure('unsupported', 'the stream is protected (DRM): only the player it was made for can open it');
}

function absolute(reference: string, address: string): string {
  const url = URL.parse(reference, address);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  throw new Failure(
    'unsupported',
    'the playlist of the stream leads to something that is no web link; it is not followed',
  );
}
