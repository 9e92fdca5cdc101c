import { lots, pages, redirects, refusals, statuses } from './answers.ts';
import { breaks } from './breaks.ts';
import { changed } from './changes.ts';
import { lengths } from './lengths.ts';
import { ranges } from './ranges.ts';
import type { FaultScript } from './script.ts';

/** Scripts about one thing. */
export interface Chapter {
  readonly title: string;
  readonly scripts: readonly FaultScript[];
}

/** All scripts, in the order in which they are reported. */
export const chapters: readonly Chapter[] = [
  { title: 'Connections that end or stall', scripts: breaks },
  { title: 'Lengths and encodings', scripts: lengths },
  { title: 'Ranges', scripts: ranges },
  { title: 'Files that change', scripts: changed },
  { title: 'Statuses', scripts: statuses },
  { title: 'Pages in the place of a file', scripts: pages },
  { title: 'Redirects', scripts: redirects },
  { title: 'Refused connections and certificates', scripts: refusals },
  { title: 'By lot', scripts: lots },
];

const scripts: readonly FaultScript[] = chapters.flatMap((chapter) => chapter.scripts);

/** Throws when there is none of that name. */
export function scriptNamed(name: string): FaultScript {
  const found = scripts.find((script) => script.name === name);
  if (!found) throw new Error(`no fault script is called ${name}`);
  return found;
}
