import * as z from 'zod';
import { Failure } from '../downloads/failure.ts';
import { failureOf, type LogLine, LogReader } from './log-lines.ts';
import type { FfmpegPrograms } from './programs.ts';
import { inputArguments, localFile, start } from './start.ts';

export interface Track {
  readonly kind: 'video' | 'audio' | 'subtitle' | 'picture' | 'other';
  /** Ms; null: not told for the track alone. */
  readonly duration: number | null;
}

/** What ffprobe says of a file. */
export interface Probed {
  /** Ms; null: not told. */
  readonly duration: number | null;
  /** The duration was only reckoned, or stands at the mercy of what is in the file: a cut file shows a shorter one. */
  readonly estimated: boolean;
  readonly tracks: readonly Track[];
  readonly bitrate: number | null;
}

const seconds = z.string().transform((text) => {
  const value = Number(text) * 1000;
  return Number.isFinite(value) && value >= 0 && value < 1e10 ? value : null;
});

const answer = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        duration: seconds.optional(),
        disposition: z.object({ attached_pic: z.number().optional() }).optional(),
        tags: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  format: z.object({ duration: seconds.optional(), bit_rate: z.string().optional() }).optional(),
});

const kinds: Readonly<Record<string, Track['kind']>> = { video: 'video', audio: 'audio', subtitle: 'subtitle' };

/** Their headers tell no duration: it is reckoned from what is there. */
const withoutDuration: ReadonlySet<string> = new Set(['mpegts', 'mpeg', 'aac', 'ac3', 'ogg', 'amr']);
/** The answer is never longer; a file with so many tracks is not to be converted, bytes. */
const longestAnswer = 4 << 20;

export interface ProbeRequest {
  readonly path: string;
  readonly demuxer: string;
}

/** Asks ffprobe about a file. Throws `Failure` (media, program), or the signal's reason. */
export async function probe(programs: FfmpegPrograms, request: ProbeRequest, signal: AbortSignal): Promise<Probed> {
  const { text, lines } = await ask(programs, request, ['-show_streams', '-show_format', '-of', 'json'], signal);
  return probedOf(text, lines, request.demuxer);
}

/** ffprobe's answer. Throws `Failure('media')`. Pure. */
export function probedOf(text: string, lines: readonly LogLine[], demuxer: string): Probed {
  const parsed = answer.safeParse(jsonOf(text));
  if (!parsed.success) throw new Failure('media', 'ffprobe cannot make sense of the file');
  const { streams = [], format } = parsed.data;
  const tracks = streams.map((stream): Track => {
    const kind = kinds[stream.codec_type ?? ''] ?? 'other';
    const isPicture = stream.disposition?.attached_pic === 1;
    return { kind: isPicture ? 'picture' : kind, duration: stream.duration ?? tagged(stream.tags) };
  });
  const bitrate = Number(format?.bit_rate);
  return {
    duration: format?.duration ?? null,
    estimated: withoutDuration.has(demuxer) || lines.some(({ text: said }) => /Estimating duration/.test(said)),
    tracks,
    bitrate: Number.isFinite(bitrate) && bitrate > 0 ? bitrate : null,
  };
}

/** How far the packets of a file reach: the end of the last one, ms, of all tracks and of the sound. Reads the whole file. */
export async function measure(
  programs: FfmpegPrograms,
  request: ProbeRequest,
  signal: AbortSignal,
): Promise<{ readonly all: number; readonly audio: number }> {
  const entries = ['-show_entries', 'packet=codec_type,pts_time,duration_time', '-of', 'csv=p=0:nk=1'];
  const reach = { all: 0, audio: 0 };
  let rest = '';
  await ask(programs, request, entries, signal, (text) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-200);
    for (const line of lines) {
      const [kind, from, length] = line.split(',');
      const end = (Number(from) + (Number(length) || 0)) * 1000;
      if (!Number.isFinite(end)) continue;
      reach.all = Math.max(reach.all, end);
      if (kind === 'audio') reach.audio = Math.max(reach.audio, end);
    }
  });
  return reach;
}

/** Matroska keeps the duration of a track in a tag: `00:00:06.023000000`. */
function tagged(tags: Readonly<Record<string, string>> | undefined): number | null {
  const [, hours, minutes, rest] = /^(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tags?.DURATION ?? '') ?? [];
  return hours === undefined ? null : (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)) * 1000;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function ask(
  { ffprobe }: FfmpegPrograms,
  { path, demuxer }: ProbeRequest,
  questions: readonly string[],
  signal: AbortSignal,
  take?: (text: string) => void,
): Promise<{ readonly text: string; readonly lines: readonly LogLine[] }> {
  const log = new LogReader();
  let text = '';
  const process = await start(ffprobe, [
    ...['-hide_banner', '-loglevel', 'level+warning'],
    ...questions,
    ...inputArguments(demuxer),
    ...['-i', localFile(path)],
  ]);
  const onAbort = () => process.kill();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const end = await process.end({
      out(portion) {
        if (take) take(portion);
        else if (text.length + portion.length <= longestAnswer) text += portion;
        else process.kill();
      },
      err: (portion) => void log.feed(portion),
    });
    signal.throwIfAborted();
    const failure = failureOf({
      ...end,
      lines: log.lines.filter(({ level }) => level === 'fatal' || end.exitCode !== 0),
    });
    if (failure) throw failure;
    return { text, lines: log.lines };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
