import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Step, StepContext, StepKind, StepReport } from '../../src/steps/step.ts';

/** The moments at which it can be held: `before` its mark, `after` it, and `made`: its file is written, not yet told. */
type Moment = 'before' | 'after' | 'made';

/**
 * Says in a file (its options) what it does, one line each, and makes a small text of what it was given. Where a
 * file `JOURNAL.hold-MOMENT` stands it says so and waits there for ever, for whoever kills it.
 */
export const recordingKind: StepKind = {
  kind: 'record',
  example: 'record=/tmp/journal',
  make: (journal) => ({ kind: 'record', run: (...given) => record(journal, ...given) }),
};

async function record(
  journal: string,
  context: StepContext,
  mark: unknown,
  report: StepReport,
  signal: AbortSignal,
): ReturnType<Step['run']> {
  const say = (text: string) => appendFile(journal, `${text}\n`);
  const passes = async (moment: Moment) => {
    if (!existsSync(`${journal}.hold-${moment}`)) return;
    await say(`held ${moment}`);
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await say(`run ${JSON.stringify(mark ?? null)} ${context.files.map(({ path }) => basename(path)).join(' ')}`);
  await passes('before');
  await report.mark({ begun: true });
  await passes('after');
  report.progress({ current: 1, total: 1, unit: 'files' });
  const name = `${context.name}.txt`;
  const text = context.files.map(({ path }) => basename(path)).join('\n');
  await writeFile(join(context.work, name), text);
  await passes('made');
  await say('done');
  return { files: [{ path: join(context.work, name), size: Buffer.byteLength(text), main: true }] };
}
