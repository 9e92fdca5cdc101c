import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { sha256 } from './killed-download.ts';
import { longhaul, type Place, type Program, run } from './program.ts';
import { storeTells } from './tells.ts';

/** In one line. */
export function spread(took: readonly number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return `takeover, ms, of ${sorted.length}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${sorted.at(-1)}`;
}

/** A download that two servers compete for. It is slow until its limit is taken away. */
export interface Contest {
  readonly store: Store;
  /** Of the two servers; the file comes to the first one's current folder. */
  readonly places: readonly [Place, Place];
  readonly link: string;
  /** What the link leads to. */
  readonly source: string;
  /** At which it comes, until the contest is over. */
  readonly rate: string;
}

/** The two servers. */
export interface Servers extends AsyncDisposable {
  /** Waits until one of them, other than `not`, holds the download; tells which, as soon as the store does. */
  holder(not?: Server): Promise<Server>;
  start(name: string): Promise<void>;
  kill(server: Server): Promise<void>;
}

export interface Server {
  readonly name: string;
  /** The uid of its instance. */
  readonly instance: string;
  readonly program: Program;
}

/** Starts both, and adds the download. */
export async function contest({ store, places, link, rate }: Contest): Promise<Servers> {
  const servers = new Map<string, Server>();
  const start = async (name: string) => {
    const program = longhaul(['serve', '--name', name, '--json'], places[name === 'one' ? 0 : 1]);
    await program.says('"ready":true');
    const { instance } = JSON.parse(program.stdout.split('\n')[0] ?? '');
    servers.set(instance, { program, name, instance });
  };
  const end = async (server: Server) => {
    servers.delete(server.instance);
    server.program.kill('SIGKILL');
    await server.program.ended;
  };
  const both: Servers = {
    start,
    kill: end,
    holder: (not) =>
      storeTells(store, async () => {
        const holder = servers.get((await store.get(1))?.lockedBy ?? '');
        return holder === not ? undefined : holder;
      }),
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) await end(server);
    },
  };
  try {
    await start('one');
    await start('two');
    const added = await run(['add', '-d', places[0].cwd, '--limit-rate', rate, link], places[0]);
    assert.equal(added.code, 0, added.stderr);
    return both;
  } catch (error) {
    await both[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Kills the holder with SIGKILL, again and again (every tenth time and the last only when something new was recorded), and
 * starts it anew. Returns how long each time it took until the other one held the download, ms. What is recorded as
 * durable must be right each time, and in the end the whole file.
 */
export async function takeovers(on: Contest, kills: number): Promise<number[]> {
  await using servers = await contest(on);
  const whole = await readFile(on.source);
  const took: number[] = [];
  let bytes = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const killed = await servers.holder();
    if (kill % 10 === 0 || kill === kills - 1) bytes = await bytesBeyond(on.store, bytes);
    const began = systemClock.now();
    const ended = servers.kill(killed);
    assert.notEqual((await servers.holder()).name, killed.name);
    took.push(systemClock.now() - began);
    await ended;
    await assertDurable(on.store, whole);
    await servers.start(killed.name);
  }
  await assertDelivered(on);
  return took;
}

/** Waits until more of the download than this is durable; tells how much. */
export function bytesBeyond(store: Store, bytes: number): Promise<number> {
  return storeTells(store, async () => {
    const durable = (await store.get(1))?.bytesDownloaded ?? 0;
    return durable > bytes ? durable : undefined;
  });
}

/** Every range that the store holds for durable is in the partial as it is in the source. */
async function assertDurable(store: Store, whole: Buffer): Promise<void> {
  const [file] = await store.files(1);
  assert.ok(file?.partialPath && file.durable.length > 0);
  await using partial = await open(file.partialPath);
  for (const [start, end] of file.durable) {
    const bytes = Buffer.alloc(end - start);
    await partial.read(bytes, 0, bytes.length, start);
    assert.equal(digestOf(bytes), digestOf(whole.subarray(start, end)), `bytes ${start} to ${end}`);
  }
}

/** Takes the limit away, waits for the end, and looks at the file. */
export async function assertDelivered({ store, places, source }: Contest): Promise<void> {
  await store.limit(1, 'off', systemClock.now());
  const row = await storeTells(store, async () => {
    const now = await store.get(1);
    return now?.status === 'completed' || now?.status === 'failed' ? now : undefined;
  });
  assert.equal(row.status, 'completed', row.errorMessage ?? '');
  assert.equal(await sha256(join(places[0].cwd, 'file.iso')), await sha256(source));
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
