import { watch } from 'node:fs';
import type { Store } from '../../src/store/store.ts';

/** What a look found; undefined: nothing yet. */
type Look<T> = () => Promise<T | undefined>;

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
