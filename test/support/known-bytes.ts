import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as after } from 'node:timers/promises';
import type { Place } from './program.ts';

/** Waits until so many bytes of all downloads are recorded as durable. */
export async function untilKnown({ home }: Place, wanted: number): Promise<void> {
  const path = join(home, 'db', 'longhaul.db');
  for (let known = 0; known < wanted; await after(20)) known = existsSync(path) ? knownBytes(path) : 0;
}

function knownBytes(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('SELECT sum(bytes_downloaded) AS bytes FROM downloads').get()?.bytes ?? 0);
  } catch {
    // It is being written, or has no tables yet.
    return 0;
  } finally {
    database.close();
  }
}
