import type { Socket } from 'node:net';
import type { Peer, Wire } from 'webtorrent';
import type { RateLimit } from '../http/flow.ts';
import { Receiver } from './receiving.ts';
import { readFrom } from './socket-reading.ts';
import { type Throttles, throttlesOf } from './throttle.ts';

/** Messages that are sent together are put into one buffer up to this size, bytes; larger ones go as they are. */
const mostJoined = 16 * 1024;
/** What a peer has asked for and not yet taken: so many bytes, in so many questions. Honest ones are content with half. */
const mostOwed = 16 << 20;
const mostAsked = 2048;

/**
 * From now on connections and the protocol are joined without the streams that the library puts between them, which
 * cost more than the protocol. `kind`: the prototype of its peers. Web seeds, which are no connections, keep theirs.
 */
export function linkDirectly(kind: Peer): void {
  const throughStreams = kind.setThrottlePipes;
  kind.setThrottlePipes = function setThrottlePipes(this: Peer) {
    const throttles = throttlesOf(this.throttleGroups.up);
    const { conn, wire, type } = this;
    if (throttles && conn && wire && type.startsWith('tcp')) new PeerLink(this, conn as Socket, wire, throttles);
    else throughStreams.call(this);
  };
}

/** One connection of a peer: what comes goes to the protocol, what that says is sent, both within the rate limits. */
class PeerLink {
  readonly #peer: Peer;
  readonly #connection: Socket;
  readonly #throttles: Throttles;
  readonly #receiver: Receiver;
  /** Down. */
  readonly #held: { limit: RateLimit | undefined };
  #unsent: Uint8Array[] = [];
  /** What is said is sent when all of this moment has been said, or the limit allows it. */
  #sendsLater = false;

  constructor(peer: Peer, connection: Socket, wire: Wire, throttles: Throttles) {
    this.#peer = peer;
    this.#connection = connection;
    this.#throttles = throttles;
    this.#receiver = new Receiver(wire);
    this.#held = throttles.hold(connection);
    connection.setNoDelay(true);
    const push = wire.push.bind(wire);
    wire.push = (bytes) => (bytes === null ? push(null) : this.#say(bytes));
    const serve = wire._onRequest.bind(wire);
    wire._onRequest = (piece, offset, length) => {
      this.#refuseGreed(wire, length);
      serve(piece, offset, length);
    };
    // Nothing comes this way any more but its end.
    wire.resume();
    readFrom(
      connection,
      (bytes) => this.#came(bytes),
      () => (this.#held.limit?.rate ?? 0) > 0,
    );
  }

  #came(bytes: Uint8Array): boolean {
    const peer = this.#peer;
    peer.emit('download', bytes.length);
    if (peer.destroyed) return false;
    try {
      this.#receiver.take(bytes);
    } catch (error) {
      peer.destroy(error);
      return false;
    }
    const goesOn = this.#throttles.spend(this.#held.limit, bytes.length, this.#connection, () => {
      this.#connection.resume();
    });
    if (!goesOn) this.#connection.pause();
    return goesOn;
  }

  /** Throws where it asks on and on and takes nothing: all of that would stand in memory. */
  #refuseGreed({ peerRequests }: Wire, length: number): void {
    const waiting = this.#unsent.reduce((all, each) => all + each.length, this.#connection.writableLength);
    const owed = peerRequests.reduce((all, asked) => all + Math.max(0, asked.length), waiting + length);
    if (owed > mostOwed || peerRequests.length >= mostAsked) throw new Error('it asks for more than it takes');
  }

  #say(bytes: Uint8Array): boolean {
    this.#unsent.push(bytes);
    if (!this.#sendsLater) {
      this.#sendsLater = true;
      queueMicrotask(() => this.#send());
    }
    return true;
  }

  #send(): void {
    this.#sendsLater = false;
    if (this.#connection.destroyed) return;
    const bytes = this.#unsent.length === 1 ? this.#unsent : joined(this.#unsent);
    this.#unsent = [];
    const sum = bytes.reduce((all, each) => all + each.length, 0);
    this.#peer.emit('upload', sum);
    this.#connection.cork();
    for (const each of bytes) this.#connection.write(each);
    this.#connection.uncork();
    this.#sendsLater = !this.#throttles.spend(this.#throttles.up, sum, this.#connection, () => this.#send());
  }
}

/** Short ones put together, in order. */
function joined(messages: readonly Uint8Array[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (bytes + message.length > mostJoined && short.length > 0) {
      all.push(Buffer.concat(short));
      [short, bytes] = [[], 0];
    }
    if (message.length >= mostJoined) all.push(message);
    else {
      short.push(message);
      bytes += message.length;
    }
  }
  if (short.length > 0) all.push(Buffer.concat(short));
  return all;
}
