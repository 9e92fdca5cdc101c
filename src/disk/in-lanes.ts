/**
 * Files of one download that are prepared, published, synced or cleared away at the same time: of very many small ones
 * so many share a commit of the store, and their syncs one of the disk.
 */
export const filesAtOnce = 64;

/** After so many items it takes a breath: others have work, too, where an item needs no disk and no store. */
const breath = 256;

/**
 * Does `work` for each item, so many at a time, begun in their order: what waits for the disk or the store waits together.
 * After a failure nothing more is begun; rejects with the first one when everything that was begun has ended.
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  let hasFailed = false;
  let pause: Promise<unknown> | undefined;
  const lane = async () => {
    for (const [at, item] of waiting) {
      if (at % breath === breath - 1) pause = new Promise(setImmediate);
      if (pause) await pause;
      if (hasFailed) return;
      try {
        await work(item, at);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane));
  const failed = ends.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
