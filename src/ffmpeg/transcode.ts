import { onDisk } from '../disk/disk-failure.ts';
import { Failure } from '../downloads/failure.ts';
import { spanText } from '../downloads/words.ts';
import { demuxerOf } from './demuxers.ts';
import { measure, type Probed, type ProbeRequest, probe } from './probe.ts';
import type { FfmpegPrograms } from './programs.ts';
import type { FfmpegProgress } from './progress-lines.ts';
import { type FfmpegParts, runFfmpeg } from './run.ts';
import { inputArguments, localFile } from './start.ts';

/** A file that was looked at. */
export interface Media extends ProbeRequest, Probed {}

export interface Transcoding {
  readonly programs: FfmpegPrograms;
  readonly media: Media;
  /** Begin so far into the source, ms; left out: at its beginning. */
  readonly from?: number;
  /** Between input and output. */
  readonly args: readonly string[];
  readonly muxer?: string;
  readonly output: string;
  readonly directory: string;
  /** Which tracks the result is made of; `none`: it has no duration (a picture). */
  readonly of: 'all' | 'audio' | 'none';
  onProgress(progress: FfmpegProgress): void;
}

/** The result may be so much shorter or longer, of its duration, … */
const tolerance = 0.01;
/** … and so many ms in any case: encoders begin and end with whole frames. */
const leastTolerance = 300;

/** Looks at a file: what it is, how long, which tracks. Throws `Failure` (media, program). */
export async function lookAt(programs: FfmpegPrograms, path: string, signal: AbortSignal): Promise<Media> {
  const demuxer = await onDisk(path, () => demuxerOf(path));
  return { path, demuxer, ...(await probe(programs, { path, demuxer }, signal)) };
}

/**
 * Converts one file into another, and looks at the result: it counts only when its duration is that of the source,
 * since ffmpeg calls it a success when the source breaks off in the middle. Throws `Failure`, or the signal's reason.
 */
export async function transcode(parts: FfmpegParts, work: Transcoding, signal: AbortSignal): Promise<void> {
  const { programs, media, args, muxer, output, directory, from, onProgress } = work;
  const { path, demuxer } = media;
  const begin = from === undefined ? [] : ['-ss', (from / 1000).toFixed(3)];
  await runFfmpeg(
    parts,
    {
      program: programs.ffmpeg,
      args: [...inputArguments(demuxer), ...begin, '-i', localFile(path), ...args],
      ...(muxer === undefined ? {} : { muxer }),
      ...{ output, directory, onProgress },
    },
    signal,
  );
  const facts = await parts.disk.facts(output);
  if (!facts || facts.size === 0) throw new Failure('media', 'ffmpeg made nothing of the file; it may be damaged');
  if (work.of !== 'none') await compare(work, await lookAt(programs, output, signal), signal);
}

/** Expected duration of what is made of these tracks, ms; null: nobody says. Pure. */
export function durationOf({ duration, tracks }: Probed, of: 'all' | 'audio'): number | null {
  if (of === 'all') return duration;
  const told = tracks.filter(({ kind }) => kind === 'audio').map((track) => track.duration);
  const known = told.filter((ms) => ms !== null);
  return known.length > 0 ? Math.max(...known) : duration;
}

/** Near enough? Pure. */
export function isSameLength(wanted: number, got: number): boolean {
  return Math.abs(wanted - got) <= Math.max(leastTolerance, wanted * tolerance);
}

async function compare({ programs, media, of }: Transcoding, result: Media, signal: AbortSignal): Promise<void> {
  const got = result.duration ?? (await measure(programs, result, signal)).all;
  const wanted = durationOf(media, of === 'audio' ? 'audio' : 'all');
  if (wanted !== null && isSameLength(wanted, got)) return;
  // What a header says may be wrong, or hold for another track: how far do the packets reach?
  const reach = await measure(programs, media, signal);
  const isCut = media.duration !== null && !media.estimated && reach.all < media.duration - allowed(media.duration);
  if (isCut) {
    const [there, all] = [spanText(reach.all), spanText(media.duration ?? 0)];
    throw new Failure('media', `the file holds ${there} of ${all}: it was cut off; fetch it again`);
  }
  const real = of === 'audio' ? reach.audio : reach.all;
  if (isSameLength(real, got)) return;
  throw new Failure(
    'media',
    `the result lasts ${spanText(got)} where ${spanText(real)} were expected; the file is damaged`,
  );
}

function allowed(wanted: number): number {
  return Math.max(leastTolerance, wanted * tolerance);
}
