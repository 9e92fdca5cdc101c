import { basename, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { safeName, splitExtension } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesText } from '../../downloads/words.ts';
import { hasMediaName, NoMedia } from '../../ffmpeg/demuxers.ts';
import { type FfmpegPrograms, findPrograms } from '../../ffmpeg/programs.ts';
import type { FfmpegParts } from '../../ffmpeg/run.ts';
import { endStrays } from '../../ffmpeg/strays.ts';
import { durationOf, lookAt, type Media, transcode } from '../../ffmpeg/transcode.ts';
import type { StepParts } from '../parts.ts';
import type { Step, StepContext, StepFile, StepKind, StepReport, StepResult } from '../step.ts';
import { bitratesFor, type Conversion, readConversion, resultName } from './presets.ts';

/** `convert=aac:128`, `convert=mp4`, `convert=aac,max_size=200MB`: by ffmpeg, every film and sound that was delivered. */
export function convertKind({ config, clock, disk, log }: StepParts): StepKind {
  return {
    kind: 'convert',
    example: 'convert=aac:128',
    make(options) {
      const conversion = readConversion(options, config.convert);
      const ffmpeg = { clock, disk, log: log.room('ffmpeg'), stalledAfter: config.ffmpeg.stalled_after };
      const fileMode = Number.parseInt(config.downloads.file_mode, 8);
      return convertStep({ ffmpeg, config: config.ffmpeg, fileMode }, conversion);
    },
  };
}

/** Files that a note names. */
const mostNamed = 3;

interface ConvertParts {
  readonly ffmpeg: FfmpegParts;
  readonly config: Config['ffmpeg'];
  /** Who may read a result. */
  readonly fileMode: number;
}

/** What is stored along the way: which results are complete and on disk, so that a crash among many costs one. */
interface Mark {
  readonly done: readonly (StepFile & { readonly from: string })[];
}

/** One run of the step. */
interface Work {
  readonly parts: ConvertParts;
  readonly programs: FfmpegPrograms;
  readonly conversion: Conversion;
  readonly context: StepContext;
  readonly report: StepReport;
  readonly signal: AbortSignal;
}

function convertStep(parts: ConvertParts, conversion: Conversion): Step {
  return {
    kind: 'convert',
    async run(context, mark, report, signal) {
      const programs = await findPrograms(parts.config);
      await endStrays(context.work);
      const work: Work = { parts, programs, conversion, context, report, signal };
      const done = await stillThere(work, mark);
      const { media, others, unfit } = await mediaAmong(work, done);
      const total = sum(media.map(({ duration }) => duration));
      let passed: number | null = 0;
      for (const one of media) {
        const finished = done.find(({ from }) => from === one.path);
        if (!finished) {
          const place = { passed: passed ?? 0, total, names: done.map(({ path }) => path) };
          await orUnfit(context, one.path, unfit, async () => void done.push(await convertOne(work, one, place)));
          await report.mark({ done } satisfies Mark);
        }
        passed = passed === null || one.duration === null ? null : passed + one.duration;
      }
      if (done.length === 0) throw unfit[0]?.failure ?? new Failure('media', 'there is no file to convert');
      return resultOf(context, done, others, unfit);
    },
  };
}

/** What is no film and no sound (subtitles, a text), or is a damaged one, is handed on: `keep: result` loses nothing. */
function resultOf(
  context: StepContext,
  done: Mark['done'],
  others: readonly StepFile[],
  unfit: readonly Unfit[],
): StepResult {
  const main = context.files.find((file) => file.main)?.path;
  const first = done.find(({ from }) => from === main) ?? done[0];
  const made = done.map(({ path, size, from }) => ({ path, size, main: from === first?.from }));
  const handedOn = new Set([...others, ...unfit].map(({ path }) => path));
  const left = context.files.filter(({ path }) => handedOn.has(path));
  return {
    files: [...made, ...left.map((file) => ({ ...file, main: false }))],
    ...(others.length === 0 ? {} : { note: `left as it was: ${namesOf(others)}` }),
    ...(unfit.length === 0 ? {} : { warning: warningOf(unfit, done.length) }),
  };
}

function warningOf(unfit: readonly Unfit[], converted: number): string {
  const some = unfit.slice(0, mostNamed).map(({ path, failure }) => `${basename(path)} (${failure.message})`);
  const more = unfit.length > mostNamed ? ` and ${unfit.length - mostNamed} more` : '';
  const count = `${unfit.length} of ${unfit.length + converted}`;
  const what =
    unfit.length === 1 ? 'could not be converted and stays as it was' : 'could not be converted and stay as they were';
  return `${count} ${what}: ${some.join(', ')}${more}`;
}

function namesOf(files: readonly StepFile[]): string {
  const names = files.slice(0, mostNamed).map(({ path }) => basename(path));
  const more = files.length > mostNamed ? ` and ${files.length - mostNamed} more` : '';
  return `${names.join(', ')}${more}`;
}

/** A film or a sound among several that cannot be converted. */
interface Unfit {
  readonly path: string;
  readonly failure: Failure;
}

interface Looked {
  readonly media: readonly Media[];
  readonly others: readonly StepFile[];
  readonly unfit: Unfit[];
}

/** Among several files one that is damaged stops no other; a single one fails the step. */
async function orUnfit(context: StepContext, path: string, unfit: Unfit[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.class !== 'media' || context.files.length === 1) throw error;
    unfit.push({ path, failure: error });
  }
}

/** Every film and sound among what was delivered; a single file must be one, beside others a text may lie. */
async function mediaAmong({ programs, context, signal }: Work, done: Mark['done']): Promise<Looked> {
  const media: Media[] = [];
  const failed: Unfit[] = [];
  for (const { path } of context.files) {
    if (done.some(({ from }) => from === path)) media.push(await lookAt(programs, path, signal));
    else await orUnfit(context, path, failed, async () => void media.push(await lookAt(programs, path, signal)));
  }
  if (media.length === 0) throw failed[0]?.failure ?? new Failure('media', 'there is no file to convert');
  const isOther = ({ path, failure }: Unfit) => failure instanceof NoMedia && !hasMediaName(path);
  const paths = new Set(failed.filter(isOther).map(({ path }) => path));
  const others = context.files.filter(({ path }) => paths.has(path));
  return { media, others, unfit: failed.filter((one) => !isOther(one)) };
}

interface Place {
  /** Ms of media before this file. */
  readonly passed: number;
  readonly total: number | null;
  /** Taken already. */
  readonly names: readonly string[];
}

/** Tries the bitrates in their order until the result fits. */
async function convertOne(work: Work, media: Media, place: Place): Promise<Mark['done'][number]> {
  const { conversion, context } = work;
  ensureTracks(conversion, media);
  const duration = durationOf(media, conversion.preset.of === 'all' ? 'all' : 'audio');
  const bitrates = bitratesFor(conversion, duration);
  for (const bitrate of bitrates) {
    const stem = splitExtension(basename(media.path)).stem;
    const path = join(context.work, freeName(safeName(resultName(stem, conversion, bitrate)), place.names));
    const size = await write(work, media, { ...place, path, bitrate });
    if (conversion.maxSize === undefined || size <= conversion.maxSize) {
      return { path, size, main: false, from: media.path };
    }
    work.report.note(`at ${bitrate} kbps it is ${bytesText(size)}, more than ${bytesText(conversion.maxSize)}`);
    await work.parts.ffmpeg.disk.remove(path);
  }
  throw new Failure(
    'media',
    `no bitrate from 96 kbps up gives a file of at most ${bytesText(conversion.maxSize ?? 0)}`,
  );
}

function ensureTracks({ name, preset }: Conversion, { tracks }: Media): void {
  const has = (kind: string): boolean => tracks.some((track) => track.kind === kind);
  if (preset.of === 'audio' && !has('audio')) throw new Failure('media', 'there is no sound in the file');
  if (preset.at !== undefined && !has('video')) throw new Failure('media', 'there is no picture in the file');
  if (preset.of === 'all' && !has('audio') && !has('video')) {
    throw new Failure('media', `there is nothing in the file that convert=${name} could take`);
  }
}

/** Writes one result, durable when it returns; returns its size. What is not complete is not left behind. */
async function write(
  { parts, programs, conversion, context, report, signal }: Work,
  media: Media,
  { path, bitrate, passed, total }: Place & { readonly path: string; readonly bitrate: number },
): Promise<number> {
  const { preset, name } = conversion;
  const { disk } = parts.ffmpeg;
  const message = preset.bitrates ? `${name} ${bitrate} kbps` : name;
  let furthest = passed;
  const tell = (time: number | null): void => {
    furthest = Math.max(furthest, passed + Math.min(time ?? 0, media.duration ?? Number.MAX_SAFE_INTEGER));
    report.progress({ current: total === null ? furthest : Math.min(furthest, total), total, unit: 'ms', message });
  };
  tell(0);
  try {
    // It exists before ffmpeg writes into it, so that nobody else may ever read it.
    await onDisk(path, async () => {
      await disk.remove(path);
      await disk.create(path, parts.fileMode).close();
    });
    await transcode(
      parts.ffmpeg,
      {
        ...{ programs, media, output: path, directory: context.work, of: preset.of },
        args: preset.arguments(bitrate),
        ...(preset.muxer === undefined ? {} : { muxer: preset.muxer }),
        ...(preset.at === undefined ? {} : { from: (media.duration ?? 0) * preset.at }),
        onProgress: ({ time }) => tell(time),
      },
      signal,
    );
    tell(media.duration);
    return await onDisk(path, async () => {
      const file = disk.open(path);
      try {
        await file.sync();
        return await file.size();
      } finally {
        await file.close();
      }
    });
  } catch (error) {
    await disk.remove(path).catch(() => {});
    throw error;
  }
}

/** Two sources of one stem: the second result gets a number. */
function freeName(name: string, taken: readonly string[]): string {
  const names = new Set(taken.map((path) => basename(path).toLowerCase()));
  const { stem, extension } = splitExtension(name);
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${stem} (${n})${extension}`;
    if (!names.has(candidate.toLowerCase())) return candidate;
  }
}

/** What an earlier run completed, as far as it is on disk as it was. */
async function stillThere({ parts, context }: Work, mark: unknown): Promise<Mark['done'][number][]> {
  const there: Mark['done'][number][] = [];
  for (const one of (mark as Mark | undefined)?.done ?? []) {
    const facts = await parts.ffmpeg.disk.facts(one.path);
    if (facts?.size === one.size && context.files.some(({ path }) => path === one.from)) there.push(one);
  }
  return there;
}

function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce((all, part) => (all === null || part === null ? null : all + part), 0 as number | null);
}
