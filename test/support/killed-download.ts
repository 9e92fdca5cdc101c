import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as after } from 'node:timers/promises';
import type { Nginx } from './nginx.ts';
import { longhaul, type Place } from './program.ts';
import { askedUntil } from './tells.ts';

/** A checkpoint's worth, bytes; or one second of bytes where that is more. */
const checkpointBytes = 10_000_000;

export interface KillStory {
  readonly kills: number;
  /** Bytes that the server sent twice, for each kill; with several connections only their mean. */
  readonly fetchedTwice: readonly number[];
  /** From the start of the next process to the first byte it writes, ms. */
  readonly goesOnAfter: readonly number[];
  readonly exitCode: number | null;
}

/**
 * `get`s a file and kills the process with SIGKILL at random moments, each time followed at once by
 * `resume-downloads`, until the kills are used up; the last one runs to its end.
 */
export async function downloadWithKills(
  place: Place,
  nginx: Nginx,
  file: { readonly name: string; readonly bytes: number; readonly connections: number },
  kills: {
    readonly count: number;
    readonly between: readonly [least: number, most: number];
    readonly random: () => number;
  },
): Promise<KillStory> {
  const link = `${nginx.url}/${file.name}`;
  const partial = join(place.cwd, `${file.name}.part`);
  const goesOnAfter: number[] = [];
  let program = longhaul(['get', link, '--connections', String(file.connections), '--json'], place);
  await untilWritten(partial, 0);
  for (let kill = 0; kill < kills.count; kill += 1) {
    const [least, most] = kills.between;
    await after(least + kills.random() * (most - least));
    program.kill('SIGKILL');
    await program.ended;
    const began = Date.now();
    program = longhaul(['resume-downloads'], place);
    goesOnAfter.push((await untilWritten(partial, began)) - began);
  }
  const end = await program.ended;
  const sent = (await nginx.requests()).map(({ range, bytesSent }) => {
    const from = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    return { from, to: from + bytesSent };
  });
  const all = sent.reduce((sum, { from, to }) => sum + to - from, 0);
  const fetchedTwice =
    file.connections > 1
      ? [(all - file.bytes) / kills.count]
      : sent.slice(1).map(({ from }, index) => Math.max(0, (sent[index]?.to ?? 0) - from));
  return { kills: kills.count, fetchedTwice, goesOnAfter, exitCode: end.code };
}

/** What one kill may cost: a checkpoint's worth, or one second at this rate (bytes/s). */
export function allowance(rate: number): number {
  return Math.max(checkpointBytes, rate);
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Resolves with the time at which the file was written to after `since` (epoch ms). */
function untilWritten(path: string, since: number): Promise<number> {
  return askedUntil(async () => {
    const facts = await stat(path).catch(() => undefined);
    return facts && facts.size > 0 && facts.mtimeMs > since ? facts.mtimeMs : undefined;
  }, 5);
}
