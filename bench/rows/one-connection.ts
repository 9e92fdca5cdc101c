import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFile, startNginx } from '../../test/support/nginx.ts';
import { type Command, costOf } from '../measure.ts';
import { type Contender, cpuWithin, faster, type Row, type Stage, wallWithin } from '../row.ts';

const bytes = 2 ** 30;

/** A contender whose command leaves `out.bin` of `size` bytes in the folder. */
export function fetcher(stage: Stage, name: string, command: Command, size: number, out = 'out.bin'): Contender {
  const path = join(stage.folder, out);
  return {
    name,
    async run() {
      const cost = await costOf(stage.tools, { cwd: stage.folder, ...command });
      const got = statSync(path).size;
      rmSync(path);
      if (got !== size) throw new Error(`${name} delivered ${got} bytes of ${size}`);
      return cost;
    },
  };
}

/** `longhaul get` as a user has it: with its database, which the runs share. */
export function longhaulGet(stage: Stage, link: string, size: number, more: readonly string[] = []): Contender {
  const env = { LONGHAUL_HOME: join(stage.folder, 'home') };
  const argv = [...stage.longhaul, 'get', link, '-o', 'out.bin', ...more];
  return fetcher(stage, 'longhaul', { argv, env }, size);
}

export const oneConnection: Row = {
  name: 'one-connection',
  what: '1 GiB over plain HTTP and one connection to disk.',
  rounds: 7,
  async prepare(stage) {
    const nginx = await startNginx();
    makeFile(join(nginx.root, 'file.bin'), bytes);
    const link = `${nginx.url}/file.bin`;
    const plain = (name: string, ...argv: string[]) => fetcher(stage, name, { argv }, bytes);
    return {
      contenders: [
        longhaulGet(stage, link, bytes),
        plain('curl', 'curl', '-s', '-o', 'out.bin', link),
        plain('aria2', 'aria2c', '-q', '--no-conf', '-x1', '-s1', '--file-allocation=none', '-o', 'out.bin', link),
        plain('wget2', 'wget2', '-q', '-O', 'out.bin', link),
        plain('C', stage.tools.fetch, new URL(link).port, '/file.bin', 'out.bin'),
      ],
      goals: [
        wallWithin('C', 1.15),
        faster('curl', 1.5),
        faster('aria2', 1.8),
        faster('wget2', 1.2),
        cpuWithin('curl', 0.65),
      ],
      stop: () => nginx.stop(),
    };
  },
};
