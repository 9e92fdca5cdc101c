import { once } from 'node:events';
import { dirname, extname } from 'node:path';
import type { Writable } from 'node:stream';
import type { OpenFile } from '../../disk/disk.ts';
import { assemblyOf, finalOf } from '../../disk/partial.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesText, spanText } from '../../downloads/words.ts';
import type { FfmpegPrograms } from '../../ffmpeg/programs.ts';
import { type Feed, type FfmpegParts, runFfmpeg } from '../../ffmpeg/run.ts';
import { inputArguments } from '../../ffmpeg/start.ts';
import { endStrays } from '../../ffmpeg/strays.ts';
import { type StoredPiece, storedPieces } from './pieces-in-order.ts';

export interface Assembly {
  readonly ffmpeg: FfmpegParts;
  readonly programs: FfmpegPrograms;
  /** The partial in which all pieces lie. */
  readonly path: string;
  readonly file: OpenFile;
  /** Ms it must last. */
  readonly duration: number;
  /** Permissions of the result. */
  readonly mode: number;
  onProgress(time: number): void;
}

/** How far from its playlist's durations a stream may be: they are rounded, piece by piece. */
const tolerance = { part: 0.01, least: 1500 } as const;
const portion = 1 << 20;

const muxers: Readonly<Record<string, string>> = {
  '.mkv': 'matroska',
  '.mka': 'matroska',
  '.ts': 'mpegts',
  '.m4a': 'ipod',
  '.mov': 'mov',
};

/**
 * Makes one film of the pieces, without touching picture or sound, and puts it in the place of the partial, durable.
 * Until that moment the partial stays as it is, so that nothing is fetched again whatever happens. Returns its size.
 * Throws `Failure`, or the signal's reason.
 */
export async function putTogether(assembly: Assembly, signal: AbortSignal): Promise<number> {
  const { ffmpeg, programs, path, file, mode } = assembly;
  const output = assemblyOf(path);
  await endStrays(output);
  await ffmpeg.disk.remove(output);
  await ensureSpace(assembly, await file.size());
  await ffmpeg.disk.create(output, mode).close();
  try {
    const tracks = await tracksIn(file);
    await runFfmpeg(
      ffmpeg,
      {
        program: programs.ffmpeg,
        args: argumentsFor(tracks.map(({ demuxer }) => demuxer)),
        muxer: muxers[extname(finalOf(path)).toLowerCase()] ?? 'mp4',
        ...{ output, directory: dirname(path) },
        onProgress: ({ time }) => assembly.onProgress(time ?? 0),
        feeds: feedsFor(file, tracks),
      },
      signal,
    );
    await ensureWhole(assembly, output, signal);
    const size = await synced(assembly, output);
    await ffmpeg.disk.rename(output, path);
    await ffmpeg.disk.syncDirectory(dirname(path));
    return size;
  } catch (error) {
    await ffmpeg.disk.remove(output).catch(() => {});
    throw error;
  }
}

interface StoredTrack {
  readonly track: number;
  readonly demuxer: string;
}

async function tracksIn(file: OpenFile): Promise<StoredTrack[]> {
  const found = new Map<number, StoredTrack>();
  const buffer = Buffer.alloc(16);
  for await (const { track, at } of storedPieces(file, await file.size())) {
    if (found.has(track)) continue;
    const read = await file.read(buffer, 0, buffer.length, at);
    found.set(track, { track, demuxer: pieceDemuxer(buffer.subarray(0, read)) });
    // The second track's first piece stands right behind the first track's.
    if (found.size === 2) break;
  }
  return [...found.values()].sort((a, b) => a.track - b.track);
}

/** ffmpeg's demuxer for the pieces of a track (RFC 8216 section 3). Throws `Failure('unsupported')`. Pure. */
export function pieceDemuxer(beginning: Uint8Array): string {
  const text = Buffer.from(beginning).toString('latin1');
  if (text.startsWith('G')) return 'mpegts';
  if (/^.{4}(?:ftyp|styp|moov|moof|sidx|emsg)/s.test(text)) return 'mov';
  if (text.startsWith('ID3') || /^\xff[\xf0-\xf9]/.test(text)) return 'aac';
  if (/^\xff[\xe2-\xff]/.test(text)) return 'mp3';
  if (text.startsWith('\x0b\x77')) return 'ac3';
  const what = 'the pieces of the stream are of no kind that can be put together; they may be encrypted';
  throw new Failure('unsupported', what);
}

function argumentsFor(demuxers: readonly string[]): string[] {
  const inputs = demuxers.flatMap((demuxer, n) => [...inputArguments(demuxer), '-i', n === 0 ? 'pipe:0' : 'pipe:3']);
  const sound = demuxers.length === 1 ? '0:a?' : '1:a';
  return [...inputs, '-map', '0:V?', '-map', sound, '-c', 'copy', '-movflags', '+faststart'];
}

function feedsFor(file: OpenFile, tracks: readonly StoredTrack[]): readonly [Feed] | readonly [Feed, Feed] {
  const feedOf =
    ({ track }: StoredTrack): Feed =>
    async (input, signal) => {
      for await (const piece of storedPieces(file, await file.size())) {
        if (piece.track === track && !(await feedPiece(file, piece, input, signal))) return;
      }
    };
  const [first, second] = tracks;
  if (!first) throw new Failure('media', 'the stream is empty');
  return second ? [feedOf(first), feedOf(second)] : [feedOf(first)];
}

/** False: nobody wants more. */
async function feedPiece(
  file: OpenFile,
  { at, length }: StoredPiece,
  input: Writable,
  signal: AbortSignal,
): Promise<boolean> {
  for (let done = 0; done < length; ) {
    if (signal.aborted || input.destroyed) return false;
    const buffer = Buffer.alloc(Math.min(portion, length - done));
    const read = await file.read(buffer, 0, buffer.length, at + done);
    if (read === 0) return false;
    done += read;
    if (!input.write(buffer.subarray(0, read)) && !input.destroyed)
      await once(input, 'drain', { signal }).catch(() => {});
  }
  return true;
}

async function ensureSpace({ ffmpeg, path }: Assembly, size: number): Promise<void> {
  const { free } = await ffmpeg.disk.space(dirname(path));
  if (free >= size) return;
  const text = `all pieces are there, but putting them together needs ${bytesText(size)} more in ${dirname(path)}`;
  throw new Failure('no_space', `${text}; it goes on by itself when there is space`);
}

async function ensureWhole({ programs, duration }: Assembly, output: string, signal: AbortSignal): Promise<void> {
  const { lookAt } = await import('../../ffmpeg/transcode.ts');
  const got = (await lookAt(programs, output, signal)).duration ?? 0;
  if (Math.abs(got - duration) <= Math.max(tolerance.least, duration * tolerance.part)) return;
  throw new Failure('media', `what was put together lasts ${spanText(got)} where the stream has ${spanText(duration)}`);
}

async function synced({ ffmpeg }: Assembly, output: string): Promise<number> {
  const file = ffmpeg.disk.open(output);
  try {
    await file.sync();
    return await file.size();
  } finally {
    await file.close();
  }
}
