import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { anybody } from '../contract/store/scene.ts';

/** What a process of a test is told to do with the one database; `path` may be the link of a database server. */
export type Task =
  /** Claims every candidate it can get until none is left, then tells which it got. */
  | { readonly do: 'claim all'; readonly path: string; readonly instance: string }
  /** Adds, claims and ends downloads without end; tells each id as soon as it was promised. */
  | { readonly do: 'write'; readonly path: string; readonly instance: string }
  /** Adds one download at each message; tells the moment at which it was promised. */
  | { readonly do: 'add when told'; readonly path: string };

const [, , text] = process.argv;
const task = JSON.parse(text ?? '') as Task;
const parts = { clock: systemClock, log: silentLog };
const { store, warnings } = await (task.path.startsWith('postgres:')
  ? openServerStore({ url: task.path, ...parts })
  : openStore({ path: task.path, ...parts }));
if (warnings.length > 0) throw new Error(warnings.join());

if (task.do === 'claim all') {
  await told();
  const got: number[] = [];
  const look = { ...anybody, runner: task.instance, limit: 5 };
  for (;;) {
    const candidates = await store.candidates(look);
    if (candidates.length === 0) break;
    for (const { id } of candidates) {
      if (await store.claim(id, task.instance, systemClock.now() + 60_000, systemClock.now())) got.push(id);
    }
  }
  await store.close();
  tell(got);
}

if (task.do === 'write') {
  for (let n = 0; ; n += 1) {
    const download = await add(`${task.instance}-${n}`);
    const now = systemClock.now();
    const claim = await store.claim(download.id, task.instance, now + 60_000, now);
    if (claim && n % 3 !== 0) await store.change(claim.lease, { to: 'paused' }, now);
    tell({ id: download.id, paused: claim !== undefined && n % 3 !== 0 });
  }
}

if (task.do === 'add when told') {
  for (let n = 0; ; n += 1) {
    await told();
    await add(`told-${n}`);
    tell(systemClock.now());
  }
}

async function add(name: string) {
  const link = `http://host/${name}-${process.pid}`;
  const asked = { source: 'http', link, linkKey: link, directory: '/d', options: {}, metadata: {}, runner: null };
  return (await store.add({ ...asked, ifExists: 'new' }, systemClock.now())).download;
}

function told(): Promise<void> {
  const message = new Promise<void>((resolve) => process.once('message', () => resolve()));
  tell('ready');
  return message;
}

function tell(what: unknown): void {
  process.send?.(what);
}
