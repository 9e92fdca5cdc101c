import type { Clock } from '../time/clock.ts';
import type { Check } from './check.ts';

/** A program that Longhaul calls for some of its work. */
export interface Tool {
  readonly name: string;
  /** `6.1.1`; null: it is there and does not say; undefined: it is not there. */
  readonly version: string | null | undefined;
  /** What it is needed for, as the end of "only needed for …". */
  readonly purpose: string;
  /** How to get it. */
  readonly remedy: string;
}

/** What is looked at of a folder that must be written to. */
export interface Probed {
  /** The folder where it was tried: itself, or the nearest one above it that is there. */
  readonly place: string;
  /** When a file was written there by the clock of the file system, and by ours; epoch ms. */
  readonly writtenAt: number;
  readonly now: number;
}

/** Before this, the clock is certainly wrong: the day of the first release. */
const notBefore = Date.UTC(2026, 10, 1);
/** File systems keep times this coarsely, ms; servers of files have clocks of their own. */
const coarseness = 2500;

/** It shows a possible time and does not run backwards. */
export function clockCheck(clock: Pick<Clock, 'now' | 'monotonic'>): Check {
  const [before, after] = [clock.monotonic(), clock.monotonic()];
  const shown = new Date(clock.now()).toISOString();
  if (clock.now() < notBefore)
    return { name: 'clock', state: 'bad', text: `it shows ${shown}; set it, or certificates and waits will be wrong` };
  if (after < before)
    return { name: 'clock', state: 'bad', text: `it runs backwards; the machine or its virtualisation is broken` };
  return { name: 'clock', state: 'ok', text: shown };
}

/** A folder, after somebody tried to write there. */
export function folderCheck(name: string, folder: string, { place, writtenAt, now }: Probed): Check {
  const apart = Math.round((writtenAt - now) / 1000);
  if (Math.abs(writtenAt - now) > coarseness) {
    const text = `${folder}: the clock of its file system is ${Math.abs(apart)} s ${apart > 0 ? 'ahead' : 'behind'}; set both clocks by NTP`;
    return { name, state: 'warning', text };
  }
  return { name, state: 'ok', text: place === folder ? folder : `${folder} (can be made in ${place})` };
}

/** What is not there is no fault: each is needed for one kind of work only. */
export function toolCheck({ name, version, purpose, remedy }: Tool): Check {
  const missing = `not installed, only needed for ${purpose}; ${remedy}`;
  return { name, state: 'ok', text: version === undefined ? missing : (version ?? 'there') };
}
