import * as z from 'zod';
import { choice, size, text, trueOrFalse, wholeNumber } from './values.ts';

/** The words of `log/`; this room may not import that one. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const log = z
  .strictObject({
    level: choice(logLevels).prefault('info').describe('What is logged.'),
    rooms: z
      .record(
        text('the name of a room', /^[a-z][a-z0-9/_-]*$/),
        choice(logLevels),
        'must be rooms with their levels, such as engine: debug',
      )
      .prefault({})
      .describe('Other levels for single rooms of the program, such as `engine: debug`.'),
    format: choice(['auto', 'json', 'pretty'])
      .prefault('auto')
      .describe('How it looks on stderr. auto: pretty on a terminal, otherwise json. The file is always json.'),
    file: trueOrFalse().prefault(true).describe('Also write to a file in the logs folder.'),
    max_size: size({ least: 1000 })
      .prefault('10MB')
      .describe('A new file is begun when the log has grown to this size.'),
    keep: wholeNumber(1, 1000).prefault(5).describe('How many old log files are kept.'),
  })
  .describe('The log.');
