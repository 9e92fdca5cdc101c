import { hostname } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { ConfigError } from '../../config/problems.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit } from '../exit-codes.ts';
import { jsonOption } from '../options.ts';
import type { Context, Verb } from '../verb.ts';

interface ServeOptions {
  readonly name?: string;
  readonly json?: boolean;
}

/** The end may take so long, ms: service managers wait little longer. */
const longestEnd = 9000;

/** As long as the name of a machine may be. */
const longestName = 253;

/** `longhaul serve`: an engine for everybody, until it is told to end. */
export const serve: Verb = {
  define(command) {
    command
      .option('--name <name>', 'tells several of them on one database apart (default: the name of this machine)', named)
      .addOption(jsonOption())
      .addHelpText('after', help);
  },
  async run(command, context) {
    const { name = hostname(), json } = command.opts<ServeOptions>();
    let reload = (): void => {};
    const interrupts = context.interrupts(() => reload());
    try {
      const ends = Promise.withResolvers<void>();
      const asked = () => ends.resolve();
      // Whoever started it starts it anew, and that opens the database as it is then.
      const how = { role: 'serve', engine: true, anyRunner: true, name, onLost: asked } as const;
      const longhaul = await context.open(how);
      reload = () => void reloadNow(longhaul);
      if (interrupts.signal.aborted) asked();
      interrupts.signal.addEventListener('abort', asked, { once: true });
      let code: ExitCode = exit.done;
      const release = await context.guard({
        log: longhaul.log,
        giveUp() {
          code = exit.unexpected;
          asked();
        },
      });
      logEvents(longhaul);
      sayReady(context, longhaul, name, json === true);
      await ends.promise;
      const inOrder = await closed(context, longhaul, interrupts.again);
      release();
      return inOrder ? code : exit.unfinished;
    } finally {
      interrupts.release();
    }
  },
};

const help = `
Runs what is added, by whichever process, until it gets SIGTERM or Ctrl-C; then it makes everything safe and ends.
SIGHUP reads the configuration anew. "longhaul get" hands its links to it and follows them.

Examples:
  $ longhaul serve
  $ longhaul serve --name second
  $ kill -HUP PID`;

function named(text: string): string {
  if (text.trim() !== '' && text.length <= longestName && printable(text) === text) return text;
  throw new InvalidArgumentError(`It must be one line of 1 to ${longestName} characters.`);
}

function sayReady({ screen }: Context, { instance }: Longhaul, name: string, json: boolean): void {
  if (json) screen.json({ ready: true, name, instance, pid: process.pid });
  else screen.out.line(`ready: ${printable(name)}, process ${process.pid}`);
}

async function reloadNow({ log, reload }: Longhaul): Promise<void> {
  try {
    const { applied, atNextStart } = await reload();
    const now = applied.length === 0 ? 'nothing that holds at once has changed' : `from now on: ${applied.join(', ')}`;
    const later = atNextStart.length === 0 ? '' : `; only from the next start on: ${atNextStart.join(', ')}`;
    log.info({ applied, atNextStart }, `the configuration was read anew; ${now}${later}`);
  } catch (error) {
    if (error instanceof ConfigError) log.error({}, `the configuration stays as it was: ${error.message}`);
    else log.error({ error }, 'the configuration could not be read anew and stays as it was');
  }
}

function logEvents({ log, onEvent }: Longhaul): void {
  onEvent(({ kind, downloadId: download, from, to, detail }) => {
    if (kind === 'state') log.info({ download, from, to, ...detail }, `download ${download} is ${to}`);
    else log.debug({ download, ...detail }, `download ${download}: ${kind}`);
  });
}

/** False: something hangs, such as a disk that does not answer, or a second signal came. */
async function closed({ clock, screen }: Context, longhaul: Longhaul, again: Promise<void>): Promise<boolean> {
  longhaul.log.info({}, 'ending: everything is made safe');
  const patience = new AbortController();
  const tooLong = clock.sleep(longestEnd, patience.signal).then(
    () => false,
    () => false,
  );
  const inOrder = await Promise.race([longhaul.close().then(() => true), tooLong, again.then(() => false)]);
  patience.abort();
  if (!inOrder) screen.err.line('it did not end in order; what was not recorded is fetched again');
  return inOrder;
}
