/** One line of `longhaul doctor`. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'bad';
  /** What was found; and where it is not ok, what to do. */
  readonly text: string;
}
