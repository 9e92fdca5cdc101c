import { dirname } from 'node:path';
import type { Step, StepContext, StepFile, StepProgress, StepResult } from '../../src/steps/step.ts';

/** What a step was given besides its files; what is left out is made up. */
export type GivenContext = Partial<StepContext> & { readonly files: readonly StepFile[] };

/** Runs a step as the engine does, with a store that remembers its mark from one run to the next. */
export interface StepBench {
  run(step: Step, context: GivenContext, signal?: AbortSignal): Promise<StepResult>;
  /** The last one that was stored. */
  mark: unknown;
  readonly progress: StepProgress[];
  readonly notes: string[];
}

export function stepBench(onMark: (mark: unknown) => Promise<void> = async () => {}): StepBench {
  const bench: StepBench = {
    mark: undefined,
    progress: [],
    notes: [],
    run: (step, context, signal = new AbortController().signal) =>
      step.run(
        contextOf(context),
        bench.mark,
        {
          progress: (progress) => void bench.progress.push(progress),
          mark: async (mark) => {
            const stored: unknown = JSON.parse(JSON.stringify(mark));
            await onMark(stored);
            bench.mark = stored;
          },
          note: (text) => void bench.notes.push(text),
        },
        signal,
      ),
  };
  return bench;
}

function contextOf(given: GivenContext): StepContext {
  const main = given.files.find((file) => file.main) ?? given.files[0];
  const directory = main ? dirname(main.path) : '/';
  return {
    uid: 'u-1',
    name: main?.path.slice(directory.length + 1) ?? 'x',
    category: undefined,
    metadata: {},
    link: 'https://host/x',
    resultLink: undefined,
    directory,
    work: directory,
    ...given,
  };
}
