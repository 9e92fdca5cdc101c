import type { Peer, Throttle, ThrottleGroup, Torrent, Wire } from 'webtorrent';
import type { Clock } from '../../time/clock.ts';
import type { RateLimit } from '../http/flow.ts';

/** Waits are cut into steps, so that another limit holds soon, ms. */
const step = 250;
const governed = new WeakMap<ThrottleGroup, Throttles>();

/** Those who govern what peers of this group of the library may send. */
export function throttlesOf(up: ThrottleGroup): Throttles | undefined {
  return governed.get(up);
}

/** Rate limits of single torrents and of all that is sent, kept between their connections and the protocol. */
export class Throttles {
  /** Of all that is sent. */
  readonly up: RateLimit;
  readonly #clock: Clock;
  /** Of what comes over each connection. */
  readonly #held = new WeakMap<object, { limit: RateLimit | undefined }>();

  constructor(clock: Clock, up: RateLimit) {
    this.#clock = clock;
    this.up = up;
  }

  /** The library makes a throttle for each stream; from now on ours. */
  govern({ down, up }: { readonly down: ThrottleGroup; readonly up: ThrottleGroup }): void {
    governed.set(up, this);
    this.#replace(down, (connection) => this.hold(connection));
    this.#replace(up, () => ({ limit: this.up }));
  }

  /** The limit of what comes over this connection; none before `assign`. */
  hold(connection: object): { limit: RateLimit | undefined } {
    const held = { limit: undefined };
    this.#held.set(connection, held);
    return held;
  }

  /** From now on this connection of the torrent counts towards `limit`. */
  assign(torrent: Torrent, wire: Wire, limit: RateLimit): void {
    const connection = peerOf(torrent, wire)?.conn;
    const held = connection ? this.#held.get(connection) : undefined;
    if (held) held.limit = limit;
  }

  /** So many bytes went: false when nothing more may go for now, and `goOn` is called when it may. */
  spend(
    limit: RateLimit | undefined,
    bytes: number,
    stream: { readonly destroyed: boolean },
    goOn: () => void,
  ): boolean {
    const wait = limit?.spend(bytes) ?? 0;
    if (wait > 0) this.#later(limit, wait, stream, goOn);
    return wait <= 0;
  }

  #replace(group: ThrottleGroup, heldBy: (connection: object) => { limit: RateLimit | undefined }): void {
    const make = group.throttle.bind(group);
    group.throttle = () => {
      const throttle = make();
      let held: { limit: RateLimit | undefined } | undefined;
      throttle.on('pipe', (connection: object) => {
        held = heldBy(connection);
      });
      throttle._transform = (chunk, done) => this.#pass(held?.limit, throttle, chunk, done);
      return throttle;
    };
  }

  #pass(
    limit: RateLimit | undefined,
    throttle: Throttle,
    chunk: Uint8Array,
    done: (error: Error | null, chunk?: Uint8Array) => void,
  ): void {
    if (this.spend(limit, chunk.length, throttle, () => done(null, chunk))) done(null, chunk);
  }

  #later(limit: RateLimit | undefined, wait: number, stream: { readonly destroyed: boolean }, goOn: () => void): void {
    this.#clock.after(Math.min(wait, step), () => {
      if (stream.destroyed) return;
      const rest = limit?.spend(0) ?? 0;
      if (rest > 0) this.#later(limit, rest, stream, goOn);
      else goOn();
    });
  }
}

function peerOf(torrent: Torrent, wire: Wire): Peer | undefined {
  for (const peer of torrent._peers?.values() ?? []) if (peer.wire === wire) return peer;
  return undefined;
}
