import * as z from 'zod';
import { duration, text } from './values.ts';

/** `ffmpeg`, which converts and puts streams together. */
export const ffmpeg = z
  .strictObject({
    program: text('a program').optional().describe('The ffmpeg to use; left out: the one in PATH.'),
    probe: text('a program').optional().describe('The ffprobe to use; left out: the one in PATH.'),
    stalled_after: duration({ least: 1000 })
      .prefault('60s')
      .describe('An ffmpeg that makes no progress for so long is ended, and the work tried again.'),
  })
  .describe('The program that converts films and music.');

const preset = z.strictObject({
  arguments: z
    .array(text('an argument of ffmpeg'), 'must be a list of arguments, such as ["-c:a", "aac"]')
    .describe('Arguments between input and output, such as ["-vn", "-c:a", "aac"].'),
  extension: text('an ending such as m4a', /^[a-z0-9]{1,8}$/).describe('The ending of the result.'),
});

export const convert = z
  .strictObject({
    presets: z
      .record(
        text('a name of small letters, digits and -', /^[a-z][a-z0-9-]{0,39}$/),
        preset,
        'must be presets, such as speech: { arguments: ["-vn", "-c:a", "libopus", "-b:a", "24k"], extension: opus }',
      )
      .prefault({})
      .describe(
        'Ways to convert beside the built-in ones, for `convert=NAME`, such as { speech: { arguments: ["-vn", "-c:a", "libopus", "-b:a", "24k"], extension: opus } }. No shell sees the arguments.',
      ),
  })
  .describe('How files are converted.');
