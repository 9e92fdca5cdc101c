import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaults } from '../../src/config/defaults.ts';
import type { Disk, OpenFile } from '../../src/disk/disk.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { moveKind } from '../../src/steps/move/move.ts';
import { stepBench } from './step-run.ts';

/**
 * A process that moves one file and kills itself right before an operation on the disk: `FILE ROOT MARK WAY N`. WAY is
 * `same` or `other` disk; N counts from 1. Ends with 0 when it came to its end.
 */
const [file = '', root = '', markFile = '', way = 'same', operation = '0'] = process.argv.slice(2);
let left = Number(operation);

/** Before each operation. */
function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

function counting<T extends object>(target: T): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        step();
        const result: unknown = Reflect.apply(value, object, args);
        return key === 'open' || key === 'create' ? counting(result as OpenFile) : result;
      };
    },
  });
}

function across<Given extends readonly [string, string], Result>(act: (...given: Given) => Promise<Result>) {
  return async (...given: Given): Promise<Result> => {
    if (way === 'other' && dirname(given[0]) !== dirname(given[1])) {
      throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
    }
    return act(...given);
  };
}

const disk: Disk = counting({
  ...realDisk,
  link: across<[string, string], void>((from, to) => realDisk.link(from, to)),
  rename: across<[string, string], void>((from, to) => realDisk.rename(from, to)),
});

const bench = stepBench(async (mark) => {
  step();
  writeFileSync(markFile, JSON.stringify(mark));
});
if (existsSync(markFile)) bench.mark = JSON.parse(readFileSync(markFile, 'utf8'));
const config = { ...defaults, move: { directory: root } } as never;
const size = existsSync(file) ? readFileSync(file).length : Number(process.env.SIZE);
const made = moveKind({ config, disk }).make('{title} ({year})');
const { files } = await bench.run(made, { files: [{ path: file, size, main: true }] });
process.stdout.write(JSON.stringify(files?.map(({ path }) => path)));
