/** What a person asked to be done after the bytes are in place: `convert=aac:128`. */
export interface StepSpec {
  readonly kind: string;
  /** The text after `=`, as it was given; empty without one. */
  readonly options: string;
}

/**
 * - `pending`: not begun, or stopped in the middle; it goes on from its mark.
 * - `running`: an instance is at it (or died over it).
 * - `publishing`: it is done, and what it made gets its final names.
 * - `completed`: never run again.
 * - `failed`: the download has failed because of it; a retry goes on with it.
 */
export const stepStatuses = ['pending', 'running', 'publishing', 'completed', 'failed'] as const;
export type StepStatus = (typeof stepStatuses)[number];

/** One row of `steps`. Times are UTC epoch ms. */
export interface DownloadStep extends StepSpec {
  /** From 0, in the order in which they run. */
  readonly position: number;
  readonly status: StepStatus;
  /** How often it was begun. */
  readonly tries: number;
  /** What it stored to go on from; undefined: nothing. */
  readonly mark: unknown;
  /** Null before it is done. */
  readonly outcome: StepOutcome | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** What came of a step. */
export interface StepOutcome {
  /** What there is for the next step; left out: the same as before. */
  readonly files?: readonly OutcomeFile[];
  /** The files are those of before, in their order, at other places. */
  readonly moved?: boolean;
  readonly link?: string;
  readonly note?: string;
  readonly warning?: string;
  readonly leftElsewhere?: true;
}

export interface OutcomeFile {
  /** Absolute; while it is being published it may still lie in the work folder. */
  readonly path: string;
  readonly size: number;
  readonly main: boolean;
  /** The step found it and left it for the next one; left out: the step made it. */
  readonly handedOn?: true;
}

/** The files that the step itself made: not those that it handed on, nor those that it gave another place. Pure. */
export function madeFiles(outcome: StepOutcome | null): readonly OutcomeFile[] {
  return outcome?.moved ? [] : (outcome?.files ?? []).filter(({ handedOn }) => !handedOn);
}

/** The first `=` ends the kind. Pure. */
export function specOf(text: string): StepSpec {
  const cut = text.indexOf('=');
  if (cut === -1) return { kind: text.trim(), options: '' };
  return { kind: text.slice(0, cut).trim(), options: text.slice(cut + 1).trim() };
}

/** As it is typed. */
export function specText({ kind, options }: StepSpec): string {
  return options === '' ? kind : `${kind}=${options}`;
}

/** What is asked for, as rows of which none is begun. */
export function plannedSteps(asked: readonly string[]): DownloadStep[] {
  const nothing = {
    status: 'pending',
    tries: 0,
    mark: undefined,
    outcome: null,
    startedAt: null,
    endedAt: null,
  } as const;
  return asked.map((text, position) => ({ position, ...specOf(text), ...nothing }));
}

/** Whether nothing would be left anywhere: all is removed at the end, and no step has sent it away before. Pure. */
export function losesAll(steps: readonly string[], keep: string | undefined): boolean {
  return keep === 'none' && !steps.some((step) => ['upload', 'command'].includes(specOf(step).kind));
}
