import type { Wire } from 'webtorrent';
import type { Clock } from '../../time/clock.ts';

/** What a peer is asked for at once, bytes. */
const block = 16_384;
const fewest = 4;
/** 8 MiB: at 200 MiB/s what is under way for 40 ms. */
const most = 512;
/** Blocks that a peer remembers who does not say how many: half of what others do. */
const unsaid = 256;
/** Of those that a peer says it remembers: asked for all of them, some forget the last one. */
const margin = 0.9;
/** A block that comes sooner than this after it was asked for says that the peer has time for more, ms. */
const soon = 1500;
/** One that comes later says that it has been asked for too much. */
const late = 3000;

/** How many blocks a peer is asked for ahead, as TCP finds its window: twice as many each time all of them came soon. */
class AskingAhead {
  #blocks = fewest;

  get blocks(): number {
    return this.#blocks;
  }

  /** A block came `waited` ms after it was asked for; the peer remembers so many questions. */
  came(waited: number, remembered: number): void {
    const limit = Math.max(fewest, Math.min(most, remembered));
    if (waited > late) this.#blocks = Math.max(fewest, this.#blocks - 1);
    else if (waited < soon) this.#blocks = Math.min(limit, this.#blocks + 1);
  }
}

/**
 * The library asks ahead for a second's worth at the mean speed of the last five, which takes half a minute to become
 * fast with peers that answer twice a second only (Transmission). It is told of a speed that makes it ask for as many
 * blocks as the peer has time for; where it compares peers, that is as good a measure of them.
 */
export function askAhead(wire: Wire, clock: Pick<Clock, 'monotonic'>): void {
  if (wire.type === 'webSeed') return;
  const ahead = new AskingAhead();
  const request = wire.request.bind(wire);
  wire.request = (piece, offset, length, done) => {
    const asked = clock.monotonic();
    request(piece, offset, length, (error, bytes) => {
      if (!error) ahead.came(clock.monotonic() - asked, wire.peerExtendedHandshake.reqq ?? unsaid);
      done(error, bytes);
    });
  };
  wire.on('extended', (kind: string) => {
    const told = wire.peerExtendedHandshake;
    if (kind === 'handshake' && told.reqq !== undefined) told.reqq = remembered(told.reqq);
  });
  // It asks again when fewer than two and half a second's worth are under way, and never for more than are remembered.
  wire.downloadSpeed = () => 2 * (ahead.blocks - 2) * block;
}

function remembered(told: unknown): number {
  return typeof told === 'number' && told > 0 ? Math.max(1, Math.floor(told * margin)) : unsaid;
}
