import { addRunOptions, type RunOptions, runFiles } from '../run-files.ts';
import type { Verb } from '../verb.ts';

/** `longhaul upload`: short for `longhaul run upload=…`. */
export const upload: Verb = {
  define(command) {
    command
      .argument('<file...>', 'what to upload')
      .option('--to <host>', 'catbox, litterbox, webdav, s3, http or rclone:REMOTE:PATH (default: as configured)');
    addRunOptions(command).addHelpText('after', help);
  },
  async run(command, context) {
    const { to, ...options } = command.opts<RunOptions & { readonly to?: string }>();
    return runFiles(context, command.args, to === undefined ? 'upload' : `upload=${to}`, options);
  },
};

const help = `
Examples:
  $ longhaul upload talk.m4a
  $ longhaul upload talk.m4a --to catbox --json

Its address is printed when it is there. Interrupted, it goes on with the same command, or with
longhaul resume-downloads.`;
