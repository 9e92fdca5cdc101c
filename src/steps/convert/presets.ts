import type { Config } from '../../config/config.ts';
import { nearest } from '../../config/nearest.ts';
import { parseSize } from '../../config/size.ts';
import { Failure } from '../../downloads/failure.ts';

/** What a person asked for with `convert=…`, resolved against the presets there are. */
export interface Conversion {
  /** `aac`, or a name from the configuration. */
  readonly name: string;
  /** Kilobits a second that were asked for; undefined: the preset's own, or none. */
  readonly bitrate: number | undefined;
  /** Bytes the result may have. */
  readonly maxSize: number | undefined;
  readonly preset: Preset;
}

export interface Preset {
  readonly extension: string;
  /** ffmpeg's name of what is written; undefined: it goes by the ending. */
  readonly muxer?: string;
  /** Which tracks the result is made of, and so how long it must be; `none`: nobody can say. */
  readonly of: 'all' | 'audio' | 'none';
  /** Kilobits a second: the usual one and the most the encoder takes; left out: it has no bitrate. */
  readonly bitrates?: { readonly usual: number; readonly least: number; readonly most: number };
  /** The picture of the beginning: so far into the film it is taken, 0 to 1. */
  readonly at?: number;
  /** Between input and output; `bitrate` in kilobits a second. */
  arguments(bitrate: number): readonly string[];
}

const soundOnly = ['-vn', '-sn', '-dn'];
const even = 'scale=trunc(iw/2)*2:trunc(ih/2)*2';

const presets: Readonly<Record<string, Preset>> = {
  aac: {
    ...{ extension: 'm4a', muxer: 'ipod', of: 'audio', bitrates: { usual: 128, least: 16, most: 512 } },
    arguments: (bitrate) => [...soundOnly, '-c:a', 'aac', '-b:a', `${bitrate}k`],
  },
  mp3: {
    ...{ extension: 'mp3', muxer: 'mp3', of: 'audio', bitrates: { usual: 192, least: 32, most: 320 } },
    arguments: (bitrate) => [...soundOnly, '-c:a', 'libmp3lame', '-b:a', `${bitrate}k`],
  },
  opus: {
    ...{ extension: 'opus', muxer: 'opus', of: 'audio', bitrates: { usual: 96, least: 6, most: 256 } },
    arguments: (bitrate) => [
      ...soundOnly,
      ...['-c:a', 'libopus', '-b:a', `${bitrate}k`, '-af', 'aformat=channel_layouts=7.1|5.1|stereo|mono'],
    ],
  },
  flac: {
    ...{ extension: 'flac', muxer: 'flac', of: 'audio' },
    arguments: () => [...soundOnly, '-c:a', 'flac'],
  },
  mp4: {
    ...{ extension: 'mp4', muxer: 'mp4', of: 'all' },
    arguments: () => [
      ...['-map', '0:V:0?', '-map', '0:a?', '-c:v', 'libx264', '-crf', '20', '-pix_fmt', 'yuv420p', '-vf', even],
      ...['-c:a', 'aac', '-b:a', '160k', '-movflags', '+faststart'],
    ],
  },
  remux: {
    ...{ extension: 'mp4', muxer: 'mp4', of: 'all' },
    arguments: () => ['-map', '0:V?', '-map', '0:a?', '-c', 'copy', '-movflags', '+faststart'],
  },
  'remux-mkv': {
    ...{ extension: 'mkv', muxer: 'matroska', of: 'all' },
    arguments: () => ['-map', '0:V?', '-map', '0:a?', '-map', '0:s?', '-c', 'copy'],
  },
  thumbnail: {
    ...{ extension: 'jpg', muxer: 'image2', of: 'none', at: 0.1 },
    arguments: () => [
      ...['-map', '0:V:0', '-frames:v', '1', '-update', '1', '-q:v', '3'],
      ...['-vf', "scale='min(1280,iw)':-2"],
    ],
  },
};

/** From the best down, kilobits a second. */
const ladder = [512, 384, 320, 256, 192, 128, 96] as const;

/**
 * `aac`, `aac:128`, `mp3:320,max_size=8MB`, or a preset of the configuration. Throws `Failure('link')` that says what
 * is allowed. Pure.
 */
export function readConversion(options: string, config: Config['convert']): Conversion {
  const [first = '', ...rest] = options.split(',').map((part) => part.trim());
  const [name = '', value] = first.split(':', 2);
  const preset = presetNamed(name, config);
  const { bitrates } = preset;
  const maxSize = sizeIn(rest);
  if (maxSize !== undefined && !bitrates) {
    throw new Failure(
      'link',
      `convert=${name} has no bitrate that max_size could lower; it goes with aac, mp3 and opus`,
    );
  }
  if (value === undefined) return { name, bitrate: undefined, maxSize, preset };
  if (!bitrates) throw new Failure('link', `convert=${name} takes no bitrate; write convert=${name}`);
  const bitrate = /^\d{1,4}k?$/i.test(value) ? Number.parseInt(value, 10) : 0;
  if (bitrate < bitrates.least || bitrate > bitrates.most) {
    const allowed = `from ${bitrates.least} to ${bitrates.most} kilobits a second`;
    throw new Failure(
      'link',
      `"${value}" is no bitrate for ${name}; write one ${allowed}, such as convert=${name}:${bitrates.usual}`,
    );
  }
  return { name, bitrate, maxSize, preset };
}

/**
 * The bitrates to try, best first: the one that is wanted, or under a limit of size those of the ladder whose result
 * would fit by arithmetic (and lower ones, should the encoder take more than it was given). Empty: nothing fits.
 * `duration` in ms, null: unknown. Pure.
 */
export function bitratesFor({ bitrate, maxSize, preset }: Conversion, duration: number | null): readonly number[] {
  const { bitrates } = preset;
  if (!bitrates) return [0];
  if (maxSize === undefined) return [bitrate ?? bitrates.usual];
  const most = Math.min(bitrate ?? bitrates.most, bitrates.most);
  const steps = ladder.filter((step) => step <= most);
  const all = bitrate !== undefined && !steps.some((step) => step === bitrate) ? [bitrate, ...steps] : steps;
  return all.filter((step) => duration === null || expectedBytes(step, duration) <= maxSize);
}

/** Bytes of so much sound at so many kilobits a second, with its container (an index of 8 bytes a frame). Pure. */
export function expectedBytes(bitrate: number, duration: number): number {
  return Math.ceil((bitrate * duration) / 8 + (duration / 1000) * 350 + 1500);
}

/** `song.flac` → `song_128kbps.m4a`, `song.mp4`. Pure. */
export function resultName(stem: string, { preset }: Conversion, bitrate: number): string {
  return `${stem}${preset.bitrates ? `_${bitrate}kbps` : ''}.${preset.extension}`;
}

function presetNamed(name: string, config: Config['convert']): Preset {
  const own = Object.hasOwn(config.presets, name) ? config.presets[name] : undefined;
  if (own) return { extension: own.extension, of: 'none', arguments: () => own.arguments };
  const known = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (known) return known;
  const names = [...Object.keys(presets), ...Object.keys(config.presets)];
  const meant = nearest(name, names);
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
  throw new Failure('link', name === '' ? `say what to convert to; ${hint}` : `there is no preset "${name}"; ${hint}`);
}

function sizeIn(options: readonly string[]): number | undefined {
  const [option, another] = options;
  if (option === undefined) return undefined;
  const [, value] = /^max_size=(.+)$/.exec(option) ?? [];
  const size = value === undefined ? 0 : sizeFrom(value);
  if (another === undefined && size > 0) return size;
  throw new Failure('link', `"${options.join(',')}" is not understood; write it like convert=aac,max_size=200MB`);
}

/** 0: it is none. */
function sizeFrom(text: string): number {
  try {
    return parseSize(text);
  } catch {
    return 0;
  }
}
