import { basename, dirname } from 'node:path/posix';
import { numberedName } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';

const mostNumbers = 100;

/** `in/film.mkv` as the nth of its name: `in/film (2).mkv`; the first is as it is. Pure. */
export function numberedPath(path: string, n: number): string {
  const name = numberedName(basename(path), n);
  const folder = dirname(path);
  return folder === '.' ? name : `${folder}/${name}`;
}

/** What `attempt` makes of the first name that is free; undefined from it means that the name is taken. */
export async function underFreeName<T>(path: string, attempt: (path: string) => Promise<T | undefined>): Promise<T> {
  for (let n = 1; n <= mostNumbers; n += 1) {
    const made = await attempt(numberedPath(path, n));
    if (made !== undefined) return made;
  }
  throw new Failure('refused', `it has ${mostNumbers} files of this name already; remove some, or set replace: true`);
}
