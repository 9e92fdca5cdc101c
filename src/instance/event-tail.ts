import type { DownloadEvent } from '../downloads/events.ts';
import type { Bus } from '../events/bus.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';

/** Events read in one go. */
const page = 500;

/**
 * Hands every event of the store, whichever process wrote it, to the bus: once, in order, from the
 * moment of `start` on. `look` is called after every change of the store.
 */
export function createEventTail(store: Store, bus: Bus<DownloadEvent>, log: Log) {
  let cursor: number | undefined;
  let reading: Promise<void> | undefined;
  let again = false;

  return {
    async start(): Promise<void> {
      cursor ??= await store.lastEventId();
    },
    look(): void {
      again = true;
      reading ??= read().finally(() => {
        reading = undefined;
      });
    },
    /** Resolves when everything written so far has been told. */
    async drain(): Promise<void> {
      await reading;
      again = true;
      await read();
    },
  };

  async function read(): Promise<void> {
    while (again && cursor !== undefined) {
      again = false;
      try {
        const events = await store.events({ after: cursor, limit: page });
        for (const event of events) {
          cursor = event.id;
          bus.tell(event);
        }
        if (events.length === page) again = true;
      } catch (error) {
        log.warn({ error }, 'the events could not be read');
        return;
      }
    }
  }
}
