import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Library } from '../../../src/index.ts';

/**
 * A program that uses Longhaul as a library for a long time: `node library.ts HOME FOLDER`. Each line on stdin is a
 * link, which is fetched; an empty line asks how many descriptors are open, once they are no more than `fewest` or
 * ten seconds have passed. Each is answered by a line.
 */
const [home = '', directory = ''] = process.argv.slice(2);
const built = pathToFileURL(resolve(import.meta.dirname, '../../../dist/index.js')).href;
const { openLonghaul } = (await import(built)) as { openLonghaul: (options: { home: string }) => Promise<Library> };
const library = await openLonghaul({ home });
let fewest = Number.POSITIVE_INFINITY;

for await (const line of createInterface({ input: process.stdin })) {
  console.log(line === '' ? await descriptors() : await fetched(line));
}
await library.close();

async function fetched(link: string): Promise<string> {
  const row = await library.get({ link, directory, wait: 3000, options: { connections: 8 } });
  return row === undefined ? 'removed' : `${row.status} ${row.errorMessage ?? ''}`;
}

async function descriptors(): Promise<number> {
  const until = Date.now() + 10_000;
  const count = (): number => readdirSync('/proc/self/fd').length;
  while (count() > fewest && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
  fewest = Math.min(fewest, count());
  return count();
}
