import * as z from 'zod';
import { text } from './values.ts';

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
