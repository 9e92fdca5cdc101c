import * as z from 'zod';
import { duration, orOff, size, text, trueOrFalse, wholeNumber } from './values.ts';

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
    password_file: text('a file')
      .optional()
      .describe('A file with passwords of zip and 7z archives, one a line; they are tried in their order.'),
    seven_zip: text('a program')
      .prefault('auto')
      .describe('The 7-Zip program for 7z and split zip archives. auto: the first of 7zz, 7z, 7za in the PATH.'),
    unar: text('a program')
      .prefault('auto')
      .describe('The program unar for rar archives; lsar lies beside it. auto: the one in the PATH.'),
  })
  .describe('The step `extract`.');

/** One target of the step `notify`. */
const target = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('webhook'),
      url: webLink(),
      headers: z
        .array(
          text('a header such as "X-Name: value"', /^[!#$%&'*+.^_`|~\w-]+:[^\0\r\n]*$/),
          'must be a list of headers',
        )
        .optional(),
    }),
    z.strictObject({
      kind: z.literal('ntfy'),
      url: webLink(),
      topic: text('a topic', /^[\w-]{1,64}$/),
      token: text('a token', /^\S+$/).optional(),
      priority: wholeNumber(1, 5).optional(),
    }),
    z.strictObject({ kind: z.literal('discord'), url: webLink() }),
    z.strictObject({
      kind: z.literal('email'),
      url: text('a link such as smtps://USER:PASSWORD@HOST:465', /^smtps?:\/\/\S+$/i),
      from: text('an address'),
      to: text('an address'),
    }),
  ],
  'must have a kind: webhook, ntfy, discord or email',
);

export const notify = z
  .record(
    text('a name of letters, digits, - and _', /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u),
    target,
    'must be targets with their settings, such as phone: { kind: ntfy, url: "https://ntfy.sh", topic: x }',
  )
  .prefault({})
  .describe(
    'Who is told by the step `notify=NAME`: kind webhook (url, headers), ntfy (url, topic, token, priority), discord (url of its webhook) or email (url as smtps://USER:PASSWORD@HOST:465, from, to). Links and tokens are kept secret.',
  );

const ownCommand = z.strictObject({
  run: z
    .array(text('a text', /^[^\0]*$/), 'must be a program and its arguments, one entry each')
    .min(1, 'must be a program and its arguments, one entry each'),
  environment: z.record(z.string(), text('a text', /^[^\0]*$/), 'must be variables with their values').prefault({}),
  timeout: duration({ least: 1000 }).prefault('10m'),
  repeat: trueOrFalse().prefault(true),
});

export const commands = z
  .record(
    text('a name of letters, digits, - and _', /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u),
    ownCommand,
    'must be commands with their settings, such as scan: { run: [/usr/local/bin/scan, "{path}"] }',
  )
  .prefault({})
  .describe(
    'Programs that the step `command=NAME` may run, such as { scan: { run: [/usr/local/bin/scan, "{path}"], environment: { MODE: fast }, timeout: 10m, repeat: true } }. No shell is involved; docs/steps/command.md says what may stand in braces.',
  );

function webLink() {
  return text('a link that begins with https:// or http://', /^https?:\/\/[^\s/?#]+\S*$/i);
}
