import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFile, startNginx } from '../../test/support/nginx.ts';
import { type Cost, costOf } from '../measure.ts';
import { type Goal, launched, type Row, type Stage } from '../row.ts';

/** A program over the built library that prints one figure; the figure stands in `wall`. */
function program(stage: Stage, name: string, source: string, settings: Readonly<Record<string, unknown>>) {
  const path = join(stage.folder, `${name}.mjs`);
  const library = join(import.meta.dirname, '../../dist/index.js');
  writeFileSync(
    path,
    `import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readFileSync, writeFileSync } from 'node:fs';
import { openLonghaul } from ${JSON.stringify(library)};
const home = ${JSON.stringify(join(stage.folder, 'home'))};
const open = () => openLonghaul({ home, settings: ${JSON.stringify(settings)} });
const tell = (figure) => writeFileSync(${JSON.stringify(`${path}.figure`)}, String(figure));
${source}`,
  );
  return { argv: [process.execPath, ...launched, path], figure: `${path}.figure` };
}

const told = (text: string, most: number, unit: string): Goal => ({
  text,
  figure: (of) => of.longhaul?.wall ?? Number.NaN,
  most,
  unit,
});

async function figureOf(
  stage: Stage,
  made: { readonly argv: readonly string[]; readonly figure: string },
): Promise<Cost> {
  const { readFile, rm } = await import('node:fs/promises');
  const cost = await costOf(stage.tools, { argv: made.argv, cwd: stage.folder });
  const wall = Number(await readFile(made.figure, 'utf8'));
  await rm(made.figure);
  return { ...cost, wall };
}

export const mainLoop: Row = {
  name: 'main-loop',
  what: 'Delay of the main loop (99th percentile, in ms, under "wall") while 4 GiB come over 16 connections at full speed.',
  rounds: 3,
  async prepare(stage) {
    const nginx = await startNginx();
    makeFile(join(nginx.root, 'file.bin'), 2 ** 30);
    const source = `
const longhaul = await open();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await Promise.all([1, 2, 3, 4].map((n) => longhaul.get({ link: '${nginx.url}/file.bin?' + n, directory: home, options: { connections: 4 } })));
delay.disable();
tell(delay.percentile(99) / 1e6 - 1);
await longhaul.close();
(await import('node:fs')).rmSync(home, { recursive: true });`;
    const settings = { 'http.connections_after': 0, 'http.connections_per_host': 16, 'space.headroom': 0 };
    const made = program(stage, 'main-loop', source, settings);
    return {
      contenders: [{ name: 'longhaul', run: () => figureOf(stage, made) }],
      goals: [told('99th percentile of the delay', 20, 'ms')],
      stop: () => nginx.stop(),
    };
  },
};

export const slowConnections: Row = {
  name: 'slow-connections',
  what: '1,000 downloads at once, each at 2 KiB/s, in a Node that was started as the command starts it; the resident set in MiB under "wall".',
  rounds: 1,
  async prepare(stage) {
    const nginx = await startNginx({ limitRate: '2k' });
    makeFile(join(nginx.root, 'file.bin'), 1_000_000);
    const source = `
const longhaul = await open();
const moving = new Set();
const enough = Promise.withResolvers();
longhaul.onProgress(({ downloadId, bytes }) => { if (bytes > 0) moving.add(downloadId); if (moving.size === 1000) enough.resolve(); });
for (let n = 0; n < 1000; n += 1) await longhaul.add({ link: '${nginx.url}/file.bin?' + n, directory: home, options: { name: 'file-' + n } });
await enough.promise;
tell(Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
await longhaul.close();
(await import('node:fs')).rmSync(home, { recursive: true });`;
    const made = program(stage, 'slow', source, { 'queue.slots': 1000, 'space.headroom': 0 });
    return {
      contenders: [{ name: 'longhaul', run: () => figureOf(stage, made) }],
      goals: [told('resident set', 120, 'MiB')],
      stop: () => nginx.stop(),
    };
  },
};

export const boot: Row = {
  name: 'boot',
  what: 'From opening with 10,000 unfinished downloads to the first one claimed, in seconds under "wall".',
  rounds: 5,
  async prepare(stage) {
    const filler = program(stage, 'fill', 'const l = await open(); await l.close(); tell(0);', {});
    await figureOf(stage, filler);
    fill(join(stage.folder, 'home', 'db', 'longhaul.db'), 10_000);
    const source = `
const began = performance.now();
const longhaul = await open();
const claimed = Promise.withResolvers();
longhaul.onEvent(({ to }) => { if (to === 'downloading') claimed.resolve(); });
await claimed.promise;
tell((performance.now() - began) / 1000);
await longhaul.close();`;
    const made = program(stage, 'boot', source, {});
    return {
      contenders: [{ name: 'longhaul', run: () => figureOf(stage, made) }],
      goals: [told('time to the first claim', 1, 's')],
      stop: async () => {},
    };
  },
};

function fill(path: string, count: number): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `INSERT INTO downloads (uid, source, link, link_key, name, status, position, host, metadata, directory, options, created_at, updated_at)
     VALUES (?, 'http', ?, ?, ?, 'pending', ?, '127.0.0.1:9', '{}', '/nonexistent', '{}', 0, 0)`,
  );
  database.exec('BEGIN IMMEDIATE');
  for (let n = 1; n <= count; n += 1) {
    insert.run(`uid-${n}`, `http://127.0.0.1:9/${n}`, `http://127.0.0.1:9/${n}`, `file-${n}`, n * 2 ** 20);
  }
  database.exec('COMMIT');
  database.close();
}
