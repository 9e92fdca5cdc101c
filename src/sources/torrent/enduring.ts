import type { Wire } from 'webtorrent';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';

/** What the library trips over is told so often at most, ms: anybody may send it something. */
const tellEvery = 60_000;

/**
 * From now on a peer that sends what the library trips over (a key that is none, a message that is too short) loses its
 * connection: an error thrown in the middle of a stream would be caught by nobody. `kind`: the prototype of its connections.
 */
export function endUnsoundPeers(kind: Pick<Wire, '_processBuffer'>): void {
  const read = kind._processBuffer;
  kind._processBuffer = function processBuffer(this: Wire) {
    try {
      read.call(this);
    } catch {
      this.destroy();
    }
  };
}

/**
 * Keeps the thread, and with it all torrents, from dying of what one tracker or one node of the distributed table sent:
 * the library believes many of their words. What is written is right all the same, as each piece is proved by its hash.
 */
export function endureErrors(
  process: Pick<NodeJS.Process, 'on'>,
  { clock, log }: { readonly clock: Pick<Clock, 'monotonic'>; readonly log: Pick<Log, 'warn'> },
): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  process.on('uncaughtException', (error: unknown) => {
    if (clock.monotonic() - toldAt < tellEvery) return;
    toldAt = clock.monotonic();
    log.warn({ error }, 'the torrent library tripped over something that it was sent; the torrents go on');
  });
}
