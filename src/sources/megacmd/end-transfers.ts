import { execFile } from 'node:child_process';
import { basename, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { ownEnvironment } from './own-environment.ts';

/** Of one question to MEGAcmd's server, ms. */
const patience = 5000;
const mostText = 16 << 20;
/** A folder's next files begin when the first are cancelled. */
const mostRounds = 20;
/** All there are, with paths that are not cut. */
const list = ['--only-downloads', '--limit=100000', '--path-display-size=4096'];
const run = promisify(execFile);

/**
 * Ends what MEGAcmd's server fetches into this folder and below it: killing mega-get leaves its transfers running there,
 * on the quota of the account. `program`: mega-get; `mega-transfers` lies beside it. Never rejects: where it cannot be
 * had, or does not answer, the transfers go on.
 */
export async function endTransfers(program: string, folder: string): Promise<void> {
  const name = basename(program).replace(/^mega-get/, 'mega-transfers');
  if (!name.startsWith('mega-transfers')) return;
  const transfers = program.includes(sep) ? join(dirname(program), name) : name;
  const options = { env: ownEnvironment(), timeout: patience, maxBuffer: mostText, windowsHide: true };
  try {
    for (let round = 0; round < mostRounds; round += 1) {
      const tags = tagsBelow((await run(transfers, list, options)).stdout, folder);
      if (tags.length === 0) return;
      for (const tag of tags) await run(transfers, ['-c', tag], options).catch(() => {});
    }
  } catch {
    // An older MEGAcmd, or none: nothing can be asked.
  }
}

/**
 * The tags of the transfers that write to this folder or below it: each line of `mega-transfers` has its type, its tag,
 * where it comes from, and where it goes to. Pure.
 */
export function tagsBelow(listing: string, folder: string): readonly string[] {
  return listing.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(`${folder}${sep}`);
    const [, tag] = (at === -1 ? null : /(?:^|\s)(\d{1,10})\s/.exec(line.slice(0, at))) ?? [];
    return tag === undefined ? [] : [tag];
  });
}
