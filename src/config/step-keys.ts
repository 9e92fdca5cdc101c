import * as z from 'zod';
import { orOff, size, text, wholeNumber } from './values.ts';

/** The keys of single steps. */

export const move = z
  .strictObject({
    directory: text('a folder')
      .optional()
      .describe(
        'Where the step `move` puts things: its template begins here; written as downloads.directory. Left out: where they were delivered.',
      ),
  })
  .describe('The step `move`.');

export const extract = z
  .strictObject({
    max_bytes: orOff(size({ least: 1 }), 'a size such as 500GB')
      .prefault('off')
      .describe('An archive that holds more than this is refused. off: no limit but the free space on the disk.'),
    max_entries: wholeNumber(1, 10_000_000)
      .prefault(100_000)
      .describe('An archive of more files and folders than this is refused.'),
    max_ratio: wholeNumber(2, 100_000)
      .prefault(200)
      .describe('An archive that becomes more than so many times its own size, and more than 100 MB, is refused.'),
    seven_zip: text('a program')
      .prefault('auto')
      .describe('The 7-Zip program for 7z and split zip archives. auto: the first of 7zz, 7z, 7za in the PATH.'),
    unar: text('a program')
      .prefault('auto')
      .describe('The program unar for rar archives; lsar lies beside it. auto: the one in the PATH.'),
  })
  .describe('The step `extract`.');
