import { UsageError } from '../explain.ts';
import { addRunOptions, type RunOptions, runFiles } from '../run-files.ts';
import type { Verb } from '../verb.ts';

/** `longhaul run`: does with files that are here what `--then` does with downloads. */
export const run: Verb = {
  define(command) {
    command.argument('<step>', 'what to do, such as convert=aac:128').argument('<file...>', 'with these files');
    addRunOptions(command).addHelpText('after', help);
  },
  async run(command, context) {
    const [step = '', ...files] = command.args;
    if (files.length === 0) throw new UsageError("missing required argument 'file'; name the files it is for");
    return runFiles(context, files, step, command.opts<RunOptions>());
  },
};

const help = `
Examples:
  $ longhaul run convert=aac:128 talk.mp4
  $ longhaul run checksum *.iso
  $ longhaul run convert=mp3:192 talk.mp4 --then upload=catbox --keep none

The files stay where they are, unless --keep says otherwise. Interrupted, it goes on with the same
command, or with longhaul resume-downloads.`;
