import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { silentLog } from '../../src/log/log.ts';
import { choose, fullOf, loadOf } from '../../src/queue/choose.ts';
import { openStore } from '../../src/store/open.ts';
import type { Turn } from '../../src/store/queue-facts.ts';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { median } from '../measure.ts';

/** What `rows/queue.ts` measures, in a process of its own: `queue.ts claims|pages DATABASE FIGURE`. */
const [, , what = '', path = '', figure = ''] = process.argv;
const slots = 64;
const claimed = 20_000;
const pages = 400;
const noLimits = { ofHost: () => undefined, ofCategory: () => undefined };

const { store } = await openStore({ path, clock: systemClock, log: silentLog });
if (what === 'fill') fill(path, Number(figure));
else writeFileSync(figure, String(what === 'claims' ? await claimsPerSecond(store) : await pageTime(store)));
await store.close();

/** Looks, chooses and claims as the scheduler does; the end of each download, which makes room, is not counted. */
async function claimsPerSecond(store: Store): Promise<number> {
  let turn: Turn = { category: undefined, hosts: new Map() };
  let [count, spent] = [0, 0];
  while (count < claimed) {
    const began = systemClock.monotonic();
    const load = loadOf(await store.leased());
    const look = {
      runner: 'bench',
      anyRunner: true,
      limit: slots,
      steps: 0,
      closed: false,
      full: fullOf(load, noLimits),
      turn,
    };
    const limits = { ...noLimits, free: slots, freeSteps: 0, closed: false, load, running: new Set<number>() };
    const choice = choose(await store.candidates(look), limits, turn);
    turn = choice.turn;
    const now = systemClock.now();
    const claims = await Promise.all(choice.chosen.map(({ id }) => store.claim(id, 'bench', now + 30_000, now)));
    spent += systemClock.monotonic() - began;
    await Promise.all(
      claims.map(async (claim) => claim && (await store.change(claim.lease, { to: 'cancelled' }, now))),
    );
    count += claims.filter(Boolean).length;
    if (choice.chosen.length === 0) throw new Error('nothing was left to claim');
  }
  return (count * 1000) / spent;
}

/** The median time of a page of 50, ms: the newest at any depth, and what waits in its order. */
async function pageTime(store: Store): Promise<number> {
  const times: number[] = [];
  let after: { readonly priority: number; readonly position: number; readonly id: number } | undefined;
  for (let n = 0; n < pages; n += 1) {
    const began = systemClock.monotonic();
    const beforeId = 100_000 - n * 200;
    if (n % 2 === 0) await store.list({ limit: 50, beforeId, statuses: ['pending', 'retrying', 'paused'] });
    else after = (await store.queued({ limit: 50, ...(after ? { after } : {}) })).at(-1);
    times.push(systemClock.monotonic() - began);
  }
  return median(times);
}

/** Links of 200 hosts in four categories, as `add` writes them. */
function fill(file: string, count: number): void {
  const database = new DatabaseSync(file);
  const insert = database.prepare(
    `INSERT INTO downloads (uid, source, link, link_key, name, status, priority, position, host, category, metadata, directory, options, created_at, updated_at)
     VALUES (?, 'http', ?, ?, ?, 'pending', ?, ?, ?, ?, '{}', '/downloads', '{"headers":["X-A: b"]}', 0, 0)`,
  );
  database.exec('BEGIN IMMEDIATE');
  for (let n = 1; n <= count; n += 1) {
    const host = n % 2 === 0 ? 'large.example.org' : `host-${n % 199}.example.org`;
    const link = `http://${host}/folder/file-${n}.bin`;
    const category = [null, 'films', 'music', 'isos'][n % 4] ?? null;
    insert.run(`uid-${n}`, link, link, `file-${n}.bin`, n % 1000 === 0 ? 5 : 0, n * 2 ** 20, host, category);
  }
  database.exec('COMMIT');
  database.close();
}
