import { appendFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Step, StepKind } from '../../src/steps/step.ts';

/** Says in a file (its options) what it did, one line a run, and makes a copy of nothing: a small text of what it was given. */
export const recordingKind: StepKind = {
  kind: 'record',
  example: 'record=/tmp/journal',
  make: (journal) => recordingStep(journal),
};

function recordingStep(journal: string): Step {
  return {
    kind: 'record',
    async run(context, mark, report) {
      await appendFile(journal, `${JSON.stringify({ mark: mark ?? null, files: context.files.length })}\n`);
      await report.mark({ begun: true });
      report.progress({ current: 1, total: 1, unit: 'files' });
      const name = `${context.name}.txt`;
      const text = context.files.map(({ path }) => basename(path)).join('\n');
      await writeFile(join(context.work, name), text);
      return { files: [{ path: join(context.work, name), size: Buffer.byteLength(text), main: true }] };
    },
  };
}
