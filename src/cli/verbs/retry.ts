import type { RetryChange } from '../../downloads/retry-change.ts';
import { controlAll } from '../control.ts';
import { UsageError } from '../explain.ts';
import { jsonOption } from '../options.ts';
import { addFileOptions, downloadOptions, type FileOptions, folderOf } from '../request-options.ts';
import { asking, type Context, type Verb } from '../verb.ts';

interface RetryOptions extends FileOptions {
  readonly json?: boolean;
}

/** `longhaul retry` */
export const retry: Verb = {
  define(command) {
    command.argument('<id...>', 'ids from longhaul list');
    addFileOptions(command, {
      folder: 'deliver to this folder instead; it is fetched from the beginning',
      name: 'another name of the file; of one download only',
    })
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const options = command.opts<RetryOptions>();
    const change = await changeOf(options, context, command.args.length);
    return asking(context, (longhaul) =>
      controlAll(context, longhaul, command.args, {
        wish: { wish: 'retry' },
        words: { done: 'starts again', told: 'will try again' },
        json: options.json === true,
        change,
      }),
    );
  },
};

const help = `
Fetches again what failed or was cancelled, and does not wait longer for a next try. An option takes the place of what
was asked for before; the others stay.

Examples:
  $ longhaul retry 12
  $ longhaul retry 12 --user ann
  $ longhaul retry 12 13 14 -d ~/films`;

/** Undefined: as before. Throws `UsageError`. */
async function changeOf(options: RetryOptions, context: Context, count: number): Promise<RetryChange | undefined> {
  if (count > 1 && options.out !== undefined) throw new UsageError(`--out names one file and ${count} are tried again`);
  if (count > 1 && options.checksum !== undefined) {
    throw new UsageError(`--checksum is of one file and ${count} are tried again`);
  }
  const own = await downloadOptions(options, context);
  const directory = options.dir === undefined ? {} : { directory: folderOf(context, options.dir) };
  return Object.keys({ ...own, ...directory }).length === 0 ? undefined : { options: own, ...directory };
}
