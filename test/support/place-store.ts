import { join } from 'node:path';
import { isUnfinished, type Status } from '../../src/downloads/states.ts';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { Place } from './program.ts';
import { type Look, storeTells } from './tells.ts';

/** The store in the home of a place, for who looks on; it is made where there is none yet. */
export async function storeIn({ home }: Place): Promise<Store> {
  const path = join(home, 'db', 'longhaul.db');
  return (await openStore({ path, clock: systemClock, log: silentLog })).store;
}

/** As `storeTells`, of the store in the home of a place. */
export async function placeTells<T>(
  place: Place,
  look: (store: Store) => ReturnType<Look<T>>,
): Promise<NonNullable<T>> {
  const store = await storeIn(place);
  try {
    return await storeTells(store, () => look(store));
  } finally {
    await store.close();
  }
}

/** Waits until so many bytes of the first download are recorded as durable; tells how many. */
export function untilKnown(place: Place, wanted: number): Promise<number> {
  return placeTells(place, async (store) => {
    const row = await store.get(1);
    if (row && row.bytesDownloaded >= wanted) return row.bytesDownloaded;
    if (row && isAtEnd(row.status)) throw new Error(`it is ${row.status}: ${row.errorMessage ?? row.bytesDownloaded}`);
    return undefined;
  });
}

const isAtEnd = (status: Status) => !isUnfinished(status);
