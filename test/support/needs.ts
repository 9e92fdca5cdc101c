import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import packages from './programs.json' with { type: 'json' };

/** A system program that tests may use; `test/support/programs.json` names Debian's package of each. */
export type Program = keyof typeof packages;

/**
 * Options for a test that needs system programs: `test('…', needs('nginx', 'curl'), () => …)`. The test is skipped by
 * name where one is missing; `npm test` installs them first where it may, and in CI a skipped test is a failure.
 */
export function needs(...programs: readonly Program[]): { skip?: string } {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  return missing.length === 0 ? {} : { skip: `needs ${missing.join(', ')}` };
}

/** Where a program stands, looked for as root's PATH has it too; undefined when it is not there. */
export function pathOf(program: Program): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
