/**
 * Lets callers that want the same folder synced at the same time share one sync. A sync that has begun
 * covers only what was done before it, so whoever comes while one runs waits for the next, together with all
 * others who come meanwhile. Sixteen downloads into one folder cost two syncs at a time and not sixteen.
 */
export function sharedSync(sync: (path: string) => Promise<void>): (path: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const begin = (path: string): Promise<void> => {
    const work = sync(path).finally(() => {
      if (running.get(path) === work) running.delete(path);
    });
    running.set(path, work);
    return work;
  };

  return (path) => {
    const current = running.get(path);
    if (!current) return begin(path);
    const planned = next.get(path);
    if (planned) return planned;
    const after = current
      .catch(() => {})
      .then(() => {
        next.delete(path);
        return begin(path);
      });
    next.set(path, after);
    return after;
  };
}
