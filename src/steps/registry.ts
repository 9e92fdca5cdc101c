import { nearest } from '../config/nearest.ts';
import { Failure } from '../downloads/failure.ts';
import { type StepSpec, specOf } from '../downloads/steps.ts';
import type { Step, StepKind } from './step.ts';

/** All kinds of steps of one instance. */
export interface StepRegistry {
  /** Throws `Failure('link')`: no such kind (naming those there are), or what the kind says of the options. */
  make(spec: StepSpec): Step;
  readonly kinds: readonly StepKind[];
}

export function stepRegistry(kinds: readonly StepKind[]): StepRegistry {
  return {
    kinds,
    make({ kind, options }) {
      const known = kinds.find((one) => one.kind === kind);
      if (known) return known.make(options);
      const names = kinds.map((one) => one.kind);
      const meant = nearest(kind, names);
      const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
      throw new Failure('link', `there is no step named "${kind}"; ${hint}`);
    },
  };
}

/** `convert=aac:128` → kind and options; without `=` the options are empty. Pure. Throws `Failure('link')`. */
export function readSpec(text: string): StepSpec {
  const spec = specOf(text);
  if (/^[a-z][a-z0-9-]*$/.test(spec.kind) && !/[\0\r\n]/.test(spec.options)) return spec;
  throw new Failure('link', `"${text}" is not a step; write one like convert=aac:128`);
}
