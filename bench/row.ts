import type { Cost, Tools } from './measure.ts';

/** One thing that is measured: contenders that do the same work, and what is expected of their medians. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly rounds: number;
  prepare(stage: Stage): Promise<Prepared>;
}

export interface Stage {
  readonly tools: Tools;
  /** An empty folder on a real disk, removed afterwards. */
  readonly folder: string;
  /** The built program. */
  readonly longhaul: readonly string[];
}

export interface Prepared {
  readonly contenders: readonly Contender[];
  readonly goals: readonly Goal[];
  stop(): Promise<void>;
}

/** `run` does the work once, from nothing, and checks that it was done. */
export interface Contender {
  readonly name: string;
  run(): Promise<Cost>;
}

export type Medians = Readonly<Record<string, Cost>>;

export interface Goal {
  /** `speed of curl`. */
  readonly text: string;
  figure(of: Medians): number;
  /** The figure shall be at least, or at most, this; without either it is only told. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
}

/** The cost of a contender. Throws when there is none of that name. */
export function cost(of: Medians, name: string): Cost {
  const found = of[name];
  if (!found) throw new Error(`nothing was measured of ${name}`);
  return found;
}

/** How many times as fast as `peer` Longhaul was. */
export function faster(peer: string, least: number): Goal {
  return {
    text: `speed of ${peer}`,
    figure: (of) => cost(of, peer).wall / cost(of, 'longhaul').wall,
    least,
    unit: '×',
  };
}

/** Longhaul's wall time as a multiple of the peer's. */
export function wallWithin(peer: string, most: number): Goal {
  return {
    text: `wall time of ${peer}`,
    figure: (of) => cost(of, 'longhaul').wall / cost(of, peer).wall,
    most,
    unit: '×',
  };
}

/** Longhaul's CPU time as a multiple of the peer's. */
export function cpuWithin(peer: string, most: number): Goal {
  return { text: `CPU of ${peer}`, figure: (of) => cost(of, 'longhaul').cpu / cost(of, peer).cpu, most, unit: '×' };
}

/** How `./longhaul` starts Node. */
export const launched: readonly string[] = ['--max-semi-space-size=2'];
