import { openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';
import { Failure } from '../downloads/failure.ts';

/**
 * ffmpeg's demuxer for each kind of file that is let in. Which one it uses is always said and never left to its own
 * guess: with its defaults it follows playlists under any name, and those name local files.
 */
const demuxers: Readonly<Record<string, string>> = {
  mp4: 'mov',
  m4a: 'mov',
  m4v: 'mov',
  m4b: 'mov',
  m4p: 'mov',
  f4a: 'mov',
  f4b: 'mov',
  f4p: 'mov',
  f4v: 'mov',
  mov: 'mov',
  '3gp': 'mov',
  '3g2': 'mov',
  mkv: 'matroska',
  webm: 'matroska',
  avi: 'avi',
  flv: 'flv',
  asf: 'asf',
  wmv: 'asf',
  wma: 'asf',
  mts: 'mpegts',
  ts: 'mpegts',
  mpg: 'mpeg',
  ps: 'mpeg',
  mp1: 'mp3',
  mp2: 'mp3',
  mp3: 'mp3',
  aac: 'aac',
  ac3: 'ac3',
  flac: 'flac',
  wav: 'wav',
  aif: 'aiff',
  aiff: 'aiff',
  amr: 'amr',
  ape: 'ape',
  mpc: 'mpc',
  wv: 'wv',
  dsf: 'dsf',
  ogg: 'ogg',
  oga: 'ogg',
  ogv: 'ogg',
  ogm: 'ogg',
  ogx: 'ogg',
  opus: 'ogg',
  spx: 'ogg',
};

/** Endings that other files have, too: TypeScript, PostScript. */
const ambiguous: ReadonlySet<string> = new Set(['ts', 'ps']);

/** The bytes are of no film and no sound. */
export class NoMedia extends Failure {}

/** Whether it is called like a film or a sound, whatever it is. Pure. */
export function hasMediaName(path: string): boolean {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(demuxers, ending) && !ambiguous.has(ending);
}

const textBeginning = /^(?:\xef\xbb\xbf)?\s*(?:#EXTM3U|ffconcat|<\?xml|<!doctype|<html|<MPD|\{|\[)/i;
/** Where the index of a film may stand: so many bytes at its beginning and its end are looked through, bytes. */
const lookedThrough = 2 << 20;
/** Boxes of ISO/IEC 23001-7 (common encryption), and of Apple's older protection. */
const protectedEntry =
  /enc[av][\s\S]{0,400}?sinf|drm[is][\s\S]{0,400}?sinf|sinf[\s\S]{0,100}?schm[\s\S]{4}(?:cenc|cens|cbc1|cbcs|itun)/;

/**
 * ffmpeg's demuxer for this file, told from its bytes and never from its name. Throws `Failure('media')` for what is
 * no film and no sound, is empty, or is protected (DRM).
 */
export async function demuxerOf(path: string): Promise<string> {
  // Its way of opening a file loads a package that is in no bundle.
  const { fileTypeFromBlob } = await import('file-type');
  const { beginning, end } = await ends(path);
  if (beginning.length === 0) throw new NoMedia('media', 'the file is empty');
  if (textBeginning.test(beginning.subarray(0, 200).toString('latin1'))) {
    throw new NoMedia(
      'media',
      'the file is a text, such as a playlist or a page, and no film or sound, whatever its name says',
    );
  }
  const type = await fileTypeFromBlob(await openAsBlob(path));
  const demuxer = type === undefined ? undefined : demuxers[type.ext];
  if (demuxer === undefined) {
    const what = type === undefined ? 'is of no kind that is known' : `is ${type.mime}`;
    throw new NoMedia('media', `the file ${what}, and no film or sound that can be converted`);
  }
  const isProtected = (part: Buffer): boolean => protectedEntry.test(part.toString('latin1'));
  if (demuxer === 'mov' && (isProtected(beginning) || isProtected(end))) {
    throw new Failure('media', 'the file is encrypted (DRM): only the player it was made for can open it');
  }
  return demuxer;
}

async function ends(path: string): Promise<{ readonly beginning: Buffer; readonly end: Buffer }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (from: number): Promise<Buffer> => {
      const buffer = Buffer.alloc(Math.min(lookedThrough, size - from));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    };
    return { beginning: await read(0), end: size > lookedThrough ? await read(size - lookedThrough) : Buffer.alloc(0) };
  } finally {
    await file.close();
  }
}
