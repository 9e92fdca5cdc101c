import { watch } from 'node:fs';
import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';

/** What a look found; undefined: nothing yet. */
export type Look<T> = () => Promise<T | undefined>;

/** Looks now and after every change of the store, whoever made it, until there is something to tell. */
export function storeTells<T>(store: Pick<Store, 'onChange'>, look: Look<T>): Promise<NonNullable<T>> {
  return tells((changed) => store.onChange(changed), look);
}

/** Looks now and after every change of what is in the folder, or of the file, until there is something to tell. */
export function pathTells<T>(path: string, look: Look<T>): Promise<NonNullable<T>> {
  return tells((changed) => {
    const watcher = watch(path, changed);
    return () => watcher.close();
  }, look);
}

/**
 * Asks every 20 ms (or `every`) until there is something to tell: of what only answers when it is asked, as other people's
 * servers do, screens, processes that end, and ports. Whatever tells by itself is waited for. Fails after three minutes.
 */
export async function askedUntil<T>(look: Look<T>, every = 20): Promise<NonNullable<T>> {
  const end = systemClock.monotonic() + 180_000;
  for (;;) {
    const told = await look();
    if (told !== undefined && told !== null) return told;
    if (systemClock.monotonic() > end) throw new Error(`nothing came of asking: ${look}`);
    await systemClock.sleep(every);
  }
}

async function tells<T>(watching: (changed: () => void) => () => void, look: Look<T>): Promise<NonNullable<T>> {
  let alarm = Promise.withResolvers<void>();
  const stop = watching(() => alarm.resolve());
  try {
    for (;;) {
      alarm = Promise.withResolvers();
      const told = await look();
      if (told !== undefined && told !== null) return told;
      await alarm.promise;
    }
  } finally {
    stop();
  }
}
