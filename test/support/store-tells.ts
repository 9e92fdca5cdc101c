import type { Store } from '../../src/store/store.ts';

/** Looks now and after every change of the store, whoever made it, until there is something to tell. */
export async function storeTells<T>(
  store: Pick<Store, 'onChange'>,
  look: () => Promise<T | undefined>,
): Promise<NonNullable<T>> {
  let changed = Promise.withResolvers<void>();
  const stop = store.onChange(() => changed.resolve());
  try {
    for (;;) {
      changed = Promise.withResolvers();
      const told = await look();
      if (told !== undefined && told !== null) return told;
      await changed.promise;
    }
  } finally {
    stop();
  }
}
