import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../test/support/servers.ts';
import { costOf } from '../measure.ts';
import { type Contender, cost, faster, launched, type Row, type Stage } from '../row.ts';

const bytes = 2 ** 31;
const work = join(import.meta.dirname, '..', 'work');

export const uploads: Row = {
  name: 'upload',
  what: 'A file of 2 GiB is put to a server in a process of its own that keeps nothing; of Longhaul the step alone, and beside it the same with 1 MiB.',
  rounds: 9,
  async prepare(stage) {
    const port = await freePort();
    const sink = spawn(process.execPath, [join(work, 'sink.ts'), String(port)], { stdio: 'ignore' });
    await listening(sink, port);
    const url = `http://127.0.0.1:${port}/file.bin`;
    const large = sparse(stage, 'large.bin', bytes);
    const small = sparse(stage, 'small.bin', 2 ** 20);
    const curl: Contender = {
      name: 'curl',
      run: () => costOf(stage.tools, { argv: ['curl', '-sS', '-T', large, '-o', '/dev/null', url] }),
    };
    return {
      contenders: [curl, putter(stage, 'longhaul', url, large), putter(stage, 'longhaul, 1 MiB', url, small)],
      goals: [
        faster('curl', 0.9),
        {
          text: 'memory over that for 1 MiB',
          figure: (of) => (cost(of, 'longhaul').rss - cost(of, 'longhaul, 1 MiB').rss) / 1024,
          most: 30,
          unit: 'MiB',
        },
      ],
      async stop() {
        sink.kill('SIGKILL');
      },
    };
  },
};

/** Curl is measured with its start, which takes 10 ms; Longhaul without that of Node, which is measured elsewhere. */
function putter(stage: Stage, name: string, url: string, path: string): Contender {
  const figure = join(stage.folder, 'figure');
  return {
    name,
    async run() {
      const argv = [process.execPath, ...launched, join(work, 'upload.ts'), url, path, figure];
      const whole = await costOf(stage.tools, { argv });
      const wall = Number(readFileSync(figure, 'utf8'));
      rmSync(figure);
      return { ...whole, wall };
    },
  };
}

function sparse(stage: Stage, name: string, size: number): string {
  const path = join(stage.folder, name);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  while (!(await accepts(port))) if (child.exitCode !== null) throw new Error('the server did not start');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => setTimeout(() => resolve(false), 20));
  });
}
