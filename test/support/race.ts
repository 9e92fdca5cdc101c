import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempt, Download } from '../../src/downloads/download.ts';
import type { DownloadEvent } from '../../src/downloads/events.ts';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { type Dice, diceOf } from './dice.ts';
import { type LoggedRequest, type Nginx, startNginx } from './nginx.ts';
import { type Place, run } from './program.ts';
import { type Racer, Runner } from './race-process.ts';

export interface RaceOptions {
  /** Each process has one of them, in turns; those of one home see each other's sockets, as on one machine. */
  readonly homes: readonly Place[];
  readonly processes: number;
  readonly downloads: number;
  /** Between two signals, ms. */
  readonly every: number;
  readonly seed: number;
  /** Lease time to live, ms; some stops last up to twice as long. */
  readonly ttl: number;
  /** The race has to be over after this, ms. */
  readonly within: number;
  /** The store of these homes, for who looks on. */
  readonly open: () => Promise<Store>;
}

export interface Delivered {
  readonly digest: string;
  /** The last change of its bytes or of its names, epoch ms. */
  readonly changedAt: number;
}

/** All that can be known after a race. */
export interface RaceStory {
  readonly took: number;
  readonly kills: number;
  readonly stops: number;
  /** Stops that lasted longer than the lease. */
  readonly longStops: number;
  readonly racers: readonly Racer[];
  /** How those that were left at the end answered to SIGTERM. */
  readonly exitCodes: readonly (number | null)[];
  readonly downloads: readonly Download[];
  readonly attempts: ReadonlyMap<number, readonly Attempt[]>;
  readonly events: readonly DownloadEvent[];
  readonly requests: readonly LoggedRequest[];
  /** By name. */
  readonly wanted: ReadonlyMap<string, { readonly digest: string; readonly bytes: number }>;
  /** By name, all that lies where the downloads go. */
  readonly found: ReadonlyMap<string, Delivered>;
}

/**
 * Downloads many small files with several servers on one store, while one of them, chosen at random, is killed
 * (and started anew) or stopped (and continued) again and again, until all is completed. What comes out is told, not judged.
 */
export async function race(options: RaceOptions): Promise<RaceStory> {
  const dice = diceOf(options.seed);
  const nginx = await startNginx(servingSlowly);
  const folder = join(options.homes[0]?.cwd ?? '', 'files');
  await mkdir(folder);
  const wanted = await makeFiles(nginx, options.downloads, dice);
  const store = await options.open();
  const field = fieldOf(options);
  try {
    await addAll(options, nginx, folder, [...wanted.keys()]);
    const began = systemClock.now();
    await field.start();
    await field.disturb(dice, async () => (await store.statistics()).byStatus.completed === options.downloads);
    const took = systemClock.now() - began;
    const exitCodes = await field.end();
    const downloads = await allDownloads(store);
    const attempts = new Map<number, readonly Attempt[]>();
    for (const { id } of downloads) attempts.set(id, await store.attempts(id));
    const events = await allEvents(store);
    return {
      ...{ took, exitCodes, downloads, attempts, events, wanted, ...field.counts(), racers: field.racers },
      requests: await nginx.requests(),
      found: await lookAt(folder),
    };
  } finally {
    await field.kill();
    await store.close();
    await nginx.stop();
  }
}

/** `s-…` comes so slowly that most signals fall into the middle of one. */
const servingSlowly = {
  sendBuffer: '32k',
  extra: `
    location ~ ^/q-\\d+-(f\\d+)\\.bin$ { try_files /$1 =404; }
    location ~ ^/s-\\d+-(f\\d+)\\.bin$ { limit_rate 80k; try_files /$1 =404; }`,
};

const contents = 40;
const largest = 300_000;
const slowOnesIn = 10;

/** Makes the contents that are served, and chooses one for each download. */
async function makeFiles(nginx: Nginx, downloads: number, dice: Dice) {
  const files: { readonly digest: string; readonly bytes: number }[] = [];
  for (let n = 0; n < contents; n += 1) {
    const bytes = dice.bytes(n === 0 ? 0 : dice.between(1, Math.ceil((largest * n) / contents)));
    await writeFile(join(nginx.root, `f${n}`), bytes);
    files.push({ digest: sha256(bytes), bytes: bytes.length });
  }
  const wanted = new Map<string, { readonly digest: string; readonly bytes: number }>();
  for (let n = 0; n < downloads; n += 1) {
    const which = dice.between(0, contents - 1);
    const file = files[which];
    if (file) wanted.set(`${n % slowOnesIn === 0 ? 's' : 'q'}-${n}-f${which}.bin`, file);
  }
  return wanted;
}

async function addAll({ homes }: RaceOptions, nginx: Nginx, folder: string, names: readonly string[]): Promise<void> {
  const [place] = homes;
  if (!place) throw new Error('a race needs a home');
  const list = join(place.home, '..', 'links.txt');
  await writeFile(list, names.map((name) => `${nginx.url}/${name}\n`).join(''));
  const added = await run(['add', '--input-file', list, '-d', folder, '--json'], place);
  if (added.code !== 0) throw new Error(added.stderr);
}

/** The processes of a race. */
function fieldOf({ homes, processes, every, ttl, within }: RaceOptions) {
  const runners: Runner[] = [];
  const racers: Racer[] = [];
  const counted = { kills: 0, stops: 0, longStops: 0 };

  return {
    racers,
    counts: () => counted,
    async start() {
      for (let n = 0; n < processes; n += 1) {
        const place = homes[n % homes.length];
        if (place) runners.push(new Runner(place, `racer-${n}`, racers));
      }
    },
    /** One signal after the other until `isOver`. */
    async disturb(dice: Dice, isOver: () => Promise<boolean>) {
      const last = systemClock.now() + within;
      while (!(await isOver())) {
        if (systemClock.now() > last) throw new Error(`it was not over within ${within} ms`);
        await signal(dice.pick(runners), dice);
        await systemClock.sleep(every);
      }
    },
    async end() {
      for (const runner of runners) runner.goOn();
      return Promise.all(runners.map((runner) => runner.end('SIGTERM')));
    },
    kill: () => Promise.all(runners.map((runner) => runner.end('SIGKILL'))),
  };

  /** A kill, or a stop of a random length; whoever is stopped already is killed. */
  async function signal(runner: Runner, dice: Dice): Promise<void> {
    const isKill = dice.chance(0.5);
    const lasts = dice.chance(0.3) ? dice.between(ttl, 2 * ttl) : dice.between(50, ttl / 2);
    if (isKill || runner.isStopped) {
      counted.kills += 1;
      await runner.end('SIGKILL');
      runner.begin();
    } else {
      counted.stops += 1;
      if (lasts > ttl) counted.longStops += 1;
      runner.stop(lasts);
    }
  }
}

async function allDownloads(store: Store): Promise<Download[]> {
  const all: Download[] = [];
  for (;;) {
    const before = all.at(-1)?.id;
    const page = await store.list({ limit: 1000, ...(before === undefined ? {} : { beforeId: before }) });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

async function allEvents(store: Store): Promise<DownloadEvent[]> {
  const all: DownloadEvent[] = [];
  for (;;) {
    const page = await store.events({ after: all.at(-1)?.id ?? 0, limit: 5000 });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

async function lookAt(folder: string): Promise<Map<string, Delivered>> {
  const found = new Map<string, Delivered>();
  if (!existsSync(folder)) return found;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    found.set(name, { digest: sha256(await readFile(path)), changedAt: (await stat(path)).ctimeMs });
  }
  return found;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
