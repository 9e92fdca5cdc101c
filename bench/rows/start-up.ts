import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { costOf } from '../measure.ts';
import { cost, type Goal, type Row } from '../row.ts';

const seconds = (most: number): Goal => ({
  text: 'wall time',
  figure: (of) => cost(of, 'longhaul').wall,
  most,
  unit: 's',
});

export const startUp: Row = {
  name: 'start-up',
  what: '`longhaul --version`.',
  rounds: 15,
  async prepare({ tools, longhaul }) {
    return {
      contenders: [{ name: 'longhaul', run: () => costOf(tools, { argv: [...longhaul, '--version'] }) }],
      goals: [seconds(0.12)],
      stop: async () => {},
    };
  },
};

export const listMany: Row = {
  name: 'list',
  what: '`longhaul list` with 100,000 downloads in the database.',
  rounds: 15,
  async prepare({ tools, longhaul, folder }) {
    const env = { LONGHAUL_HOME: join(folder, 'home') };
    mkdirSync(env.LONGHAUL_HOME, { recursive: true });
    const list = () => costOf(tools, { argv: [...longhaul, 'list'], env });
    await list();
    fill(join(env.LONGHAUL_HOME, 'db', 'longhaul.db'), 100_000);
    return { contenders: [{ name: 'longhaul', run: list }], goals: [seconds(0.25)], stop: async () => {} };
  },
};

/** Rows as `add` makes them, written straight to the file: the listing is measured, not the adding. */
function fill(path: string, count: number): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `INSERT INTO downloads (uid, source, link, link_key, name, status, position, metadata, directory, options, created_at, updated_at)
     VALUES (?, 'http', ?, ?, ?, 'completed', 0, '{}', '/downloads', '{}', ?, ?)`,
  );
  database.exec('BEGIN IMMEDIATE');
  for (let n = 1; n <= count; n += 1) {
    const link = `http://example.org/file-${n}.bin`;
    insert.run(`uid-${n}`, link, link, `file-${n}.bin`, Date.now(), Date.now());
  }
  database.exec('COMMIT');
  database.close();
}
