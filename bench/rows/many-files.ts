import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNginx } from '../../test/support/nginx.ts';
import { type Command, costOf } from '../measure.ts';
import { type Contender, faster, type Goal, type Row, type Stage } from '../row.ts';

/** A contender whose command leaves `count` files in the folder `out`. */
function filler(stage: Stage, name: string, command: Command, count: number): Contender {
  const out = join(stage.folder, 'out');
  return {
    name,
    async run() {
      rmSync(out, { recursive: true, force: true });
      rmSync(join(stage.folder, 'home'), { recursive: true, force: true });
      mkdirSync(out);
      const cost = await costOf(stage.tools, { cwd: stage.folder, ...command });
      const got = readdirSync(out).length;
      if (got !== count) throw new Error(`${name} delivered ${got} files of ${count}`);
      return cost;
    },
  };
}

function manyFiles(
  row: Pick<Row, 'name' | 'what' | 'rounds'>,
  files: { readonly count: number; readonly bytes: number },
  goals: readonly Goal[],
  withCurl: boolean,
): Row {
  return {
    ...row,
    async prepare(stage) {
      const nginx = await startNginx();
      const names = Array.from({ length: files.count }, (_, n) => `file-${n}.bin`);
      const body = Buffer.alloc(files.bytes, 'x');
      for (const name of names) writeFileSync(join(nginx.root, name), body);
      const links = join(stage.folder, 'links.txt');
      writeFileSync(links, names.map((name) => `${nginx.url}/${name}\n`).join(''));
      const curlConfig = join(stage.folder, 'curl.txt');
      writeFileSync(curlConfig, names.map((name) => `url=${nginx.url}/${name}\noutput=out/${name}\n`).join(''));
      const env = { LONGHAUL_HOME: join(stage.folder, 'home'), LONGHAUL_QUEUE_SLOTS: '16' };
      const contenders = [
        filler(
          stage,
          'longhaul',
          { argv: [...stage.longhaul, 'get', '--input-file', links, '-d', 'out'], env },
          files.count,
        ),
        filler(
          stage,
          'aria2',
          { argv: ['aria2c', '-q', '--no-conf', '--file-allocation=none', '-j16', '-d', 'out', '-i', links] },
          files.count,
        ),
      ];
      const curl = ['curl', '-s', '--parallel', '--parallel-max', '16', '-K', curlConfig];
      if (withCurl) contenders.push(filler(stage, 'curl', { argv: curl }, files.count));
      return { contenders, goals, stop: () => nginx.stop() };
    },
  };
}

export const thousandFiles = manyFiles(
  { name: 'thousand-files', what: '1,000 files of 64 KiB from a list, 16 at a time.', rounds: 3 },
  { count: 1000, bytes: 65_536 },
  [faster('aria2', 1.5), faster('curl', 0.9)],
  true,
);

export const manyLinks = manyFiles(
  { name: 'many-links', what: '10,000 queued links of 1 KiB, 16 at a time.', rounds: 1 },
  { count: 10_000, bytes: 1024 },
  [
    faster('aria2', 8),
    { text: 'RSS', figure: (of) => (of.longhaul?.rss ?? Number.NaN) / 1024, most: 200, unit: 'MiB' },
  ],
  false,
);
