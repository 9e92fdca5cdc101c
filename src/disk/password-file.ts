import { Failure } from '../downloads/failure.ts';
import type { Disk } from './disk.ts';

const mostPassword = 4096;

/** The password that a file begins with, its first line. `key` names the file in the configuration. Throws `Failure('refused')`. */
export async function passwordIn(disk: Disk, file: string, key: string): Promise<string> {
  const text = await disk.readText(file).catch(() => undefined);
  const first = (text ?? '').split(/\r?\n/, 1)[0] ?? '';
  if (first !== '' && first.length <= mostPassword) return first;
  const what = text === undefined ? 'cannot be read' : 'does not begin with a password';
  throw new Failure('refused', `the file of ${key}, ${file}, ${what}; correct it`);
}
