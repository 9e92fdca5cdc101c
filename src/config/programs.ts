import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { environment, variable } from './environment.ts';

/** The first of these programs (names, or absolute paths) that can be run, looked for in PATH; undefined: none. */
export async function findProgram(names: readonly string[]): Promise<string | undefined> {
  const folders = searchPath().split(delimiter);
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  for (const name of names) {
    for (const folder of isAbsolute(name) ? [''] : folders) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (isAbsolute(path) && (await isExecutable(path))) return path;
      }
    }
  }
  return undefined;
}

/** PATH of this process; empty where there is none. */
export function searchPath(): string {
  return variable(environment(), 'PATH') ?? '';
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
