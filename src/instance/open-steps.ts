import type { StepParts } from '../steps/parts.ts';
import type { StepRegistry } from '../steps/registry.ts';

export interface LazySteps {
  load(): Promise<StepRegistry>;
}

/** The steps of this version, loaded when the first is needed. */
export function lazySteps(parts: StepParts): LazySteps {
  let loaded: Promise<StepRegistry> | undefined;
  return {
    load() {
      loaded ??= loadSteps(parts);
      return loaded;
    },
  };
}

async function loadSteps(parts: StepParts): Promise<StepRegistry> {
  const [{ loadStepKinds }, { stepRegistry }] = await Promise.all([
    import('../steps/kinds.ts'),
    import('../steps/registry.ts'),
  ]);
  return stepRegistry(await loadStepKinds(parts));
}
