import type { Rate } from '../config/rate.ts';
import type { Download } from '../downloads/download.ts';
import type { Status } from '../downloads/states.ts';

/** What the queue asks the store and is told. */

export interface Runner {
  readonly runner: string;
  readonly anyRunner: boolean;
}

export interface CandidateFilter extends Runner {
  /** Free slots. */
  readonly limit: number;
  /** Free places for steps. */
  readonly steps: number;
  /** Hours in which nothing may be fetched: only what needs no fetching. */
  readonly closed: boolean;
  /** No more of these fit; `-` is what has no category. */
  readonly full: { readonly hosts: ReadonlySet<string>; readonly categories: ReadonlySet<string> };
  readonly turn: Turn;
}

/** Who was served last: the category, and of each category the host. */
export interface Turn {
  readonly category: string | undefined;
  readonly hosts: ReadonlyMap<string, string>;
}

/** One that may be claimed, with what the choice among them is made from. */
export interface Candidate extends Pick<Download, 'id' | 'priority' | 'position' | 'category' | 'host' | 'wish'> {
  /** Its bytes are there under their final names: nothing is fetched. */
  readonly inPlace: boolean;
  /** Its bytes are in place, and steps are left to do: it takes a place for steps, and no slot. */
  readonly stepsLeft: boolean;
}

/** The places for steps are all taken here, or shared with the instances of a machine that run what belongs to nobody. */
export type StepRoom = 'none' | { readonly machine: string; readonly most: number };

/** What a claim may not exceed, counted over all instances in the moment of the claim. */
export interface ClaimLimits {
  /** Of the instances of this machine that run what belongs to nobody. */
  readonly slots?: { readonly machine: string; readonly most: number };
  /** The same for those whose steps are left to do. */
  readonly steps?: { readonly machine: string; readonly most: number };
  /** From the download's host, and of its category, at the same time. */
  readonly host?: number;
  readonly category?: number;
}

export interface Leased {
  readonly instance: string;
  /** The instance's; null when it is not registered. */
  readonly machine: string | null;
  readonly role: string | null;
  readonly host: string;
  readonly category: string | null;
  readonly status: Status;
  readonly count: number;
}

/** Engines that run what belongs to nobody in particular. */
export const rolesForAll: readonly string[] = ['serve', 'resume-downloads', 'library'];

/** Does it take what belongs to nobody? */
export function runsForAll({ role }: { readonly role: string | null }): boolean {
  return role !== null && rolesForAll.includes(role);
}

export interface SetFacts {
  readonly priority?: number;
  /** Null: none. */
  readonly category?: string | null;
  /** Which files are wanted, and which of them first; null: all, and none. */
  readonly select?: readonly string[] | null;
  readonly filePriorities?: readonly string[] | null;
  /** For how long it is sent to others (`parseSeed`); also of what is completed. */
  readonly seed?: string;
}

export interface QueuedFilter {
  readonly after?: Pick<Download, 'priority' | 'position' | 'id'>;
  readonly limit: number;
}

/** Instances that do not live. */
export interface Gone {
  /** What they hold is free: their sockets refuse, so they work no more. */
  readonly dead: readonly string[];
  /** Not heard of for long, but perhaps at work: what they hold is theirs until their leases end. */
  readonly silent?: readonly string[];
}

export interface Rates {
  /** Left out: as each instance's configuration says. */
  readonly total?: Rate;
  readonly downloading: readonly {
    readonly id: number;
    readonly instance: string;
    readonly link: string;
    readonly category: string | null;
    /** Its own; left out: as configured. */
    readonly rate?: Rate;
  }[];
}

export interface NeededRoom extends Pick<Download, 'id' | 'directory' | 'lockedAt'> {
  readonly bytes: number;
}

export type WaitedRoom = Pick<NeededRoom, 'directory' | 'bytes'>;

/** So many bytes a download may need to go on in a folder, and to begin there. */
export interface Room {
  readonly begun: number;
  readonly fresh: number;
}
