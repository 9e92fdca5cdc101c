/** What a person asked to be done after the bytes are in place: `convert=aac:128`. */
export interface StepSpec {
  readonly kind: string;
  /** The text after `=`, as it was given; empty without one. */
  readonly options: string;
}
