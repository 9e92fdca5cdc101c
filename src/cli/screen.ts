import type { Surface as Stream } from '../log/output.ts';
import { type Look, lookOf } from './look.ts';

/**
 * Where a verb speaks. Foreign texts are made printable before they get here; the streams let no
 * control sequence but colours through in any case.
 */
export interface Screen {
  /** What was asked for, stdout. */
  readonly out: Surface;
  /** Everything beside it, stderr: progress, warnings, refusals. */
  readonly err: Surface;
  /** The `--json` of every verb: one value on one line of stdout. */
  json(value: unknown): void;
}

export interface Surface extends Stream {
  readonly look: Look;
}

export type { LiveArea } from '../log/output.ts';

/** The two streams with their looks. */
export function screenOf(output: { readonly out: Stream; readonly err: Stream; json(value: unknown): void }): Screen {
  return {
    out: { ...output.out, look: lookOf(output.out) },
    err: { ...output.err, look: lookOf(output.err) },
    json: (value) => output.json(value),
  };
}
