import { UsageError } from '../explain.ts';
import { addRunOptions, kbps, type RunOptions, runFiles } from '../run-files.ts';
import type { Verb } from '../verb.ts';

interface ConvertOptions extends RunOptions {
  readonly to?: string;
  readonly bitrate?: number;
}

/** `longhaul convert`: short for `longhaul run convert=…`. */
export const convert: Verb = {
  define(command) {
    command
      .argument('<file...>', 'what to convert')
      .option('--to <preset>', 'aac, mp3, opus, flac, mp4, remux or thumbnail, also with its options (default: aac)')
      .option('--bitrate <kbps>', 'of the sound, such as 128', kbps);
    addRunOptions(command).addHelpText('after', help);
  },
  async run(command, context) {
    const { to = 'aac', bitrate, ...options } = command.opts<ConvertOptions>();
    if (bitrate !== undefined && to.includes(':')) {
      throw new UsageError(`--to ${to} says the bitrate already; leave --bitrate out`);
    }
    return runFiles(context, command.args, `convert=${to}${bitrate === undefined ? '' : `:${bitrate}`}`, options);
  },
};

const help = `
Examples:
  $ longhaul convert talk.mp4
  $ longhaul convert talk.mp4 --bitrate 96
  $ longhaul convert talk.mp4 --to mp3:192 --then upload=catbox`;
