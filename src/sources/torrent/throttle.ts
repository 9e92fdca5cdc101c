import type { Peer, Throttle, Torrent, Wire } from 'webtorrent';
import type { Clock } from '../../time/clock.ts';
import type { RateLimit } from '../http/flow.ts';

/** Waits are cut into steps, so that another limit holds soon, ms. */
const step = 250;

/** Rate limits of single torrents, kept in the streams between their connections and the protocol. */
export class Throttles {
  readonly #clock: Clock;
  /** Of each connection. */
  readonly #throttles = new WeakMap<object, { limit: RateLimit | undefined }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The library makes a throttle for each connection; from now on ours. `limit`: of all of them. */
  govern(group: { throttle(): Throttle }, limit?: RateLimit): void {
    const make = group.throttle.bind(group);
    group.throttle = () => {
      const throttle = make();
      const held = { limit };
      throttle.on('pipe', (connection: object) => void this.#throttles.set(connection, held));
      throttle._transform = (chunk, done) => this.#pass(held, throttle, chunk, done);
      return throttle;
    };
  }

  /** From now on this connection of the torrent counts towards `limit`. */
  assign(torrent: Torrent, wire: Wire, limit: RateLimit): void {
    const connection = peerOf(torrent, wire)?.conn;
    const held = connection ? this.#throttles.get(connection) : undefined;
    if (held) held.limit = limit;
  }

  #pass(
    { limit }: { limit: RateLimit | undefined },
    throttle: Throttle,
    chunk: Uint8Array,
    done: (error: Error | null, chunk?: Uint8Array) => void,
  ): void {
    const wait = limit?.spend(chunk.length) ?? 0;
    if (wait <= 0) done(null, chunk);
    else this.#later(limit, wait, throttle, () => done(null, chunk));
  }

  #later(limit: RateLimit | undefined, wait: number, throttle: Throttle, goOn: () => void): void {
    this.#clock.after(Math.min(wait, step), () => {
      if (throttle.destroyed) return;
      const rest = limit?.spend(0) ?? 0;
      if (rest > 0) this.#later(limit, rest, throttle, goOn);
      else goOn();
    });
  }
}

function peerOf(torrent: Torrent, wire: Wire): Peer | undefined {
  for (const peer of torrent._peers?.values() ?? []) if (peer.wire === wire) return peer;
  return undefined;
}
