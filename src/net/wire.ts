import type { Socket } from 'node:net';
import { asFailure, type Failure } from '../downloads/failure.ts';
import { connectFailure } from './connect-failure.ts';

/**
 * Where all wires of a thread receive: a reader is done with the bytes before its call returns, so
 * one buffer serves them all (`docs/design.md` has the figures). Heads need little; bodies want much.
 */
const bulkBytes = 1 << 20;
const headBytes = 1 << 16;
let bulk: Buffer | undefined;

/** Takes what arrives on a wire. */
export interface WireReader {
  /** The bytes are only there during the call. What it throws ends the wire and comes back as `ended`. */
  bytes(buffer: Uint8Array, offset: number, length: number): void;
  /** Nothing more will come; undefined: the other side ended in an orderly way. Called once. */
  ended(failure: Failure | undefined): void;
}

/**
 * An open TCP or TLS connection, read without streams: bytes go from the socket's one buffer
 * straight to the reader. Without a reader it is paused, and what still arrives is kept.
 */
export class Wire {
  /** `host:port`, for people. */
  readonly place: string;
  /** True once it has carried an answer. */
  used = false;
  readonly #socket: Socket;
  #reader: WireReader | undefined;
  #paused = true;
  /** Bytes that arrived while nobody was reading. */
  #stash: Buffer[] = [];
  /** Set when nothing more comes. */
  #over: { readonly failure: Failure | undefined } | undefined;
  #most = headBytes;

  /**
   * `open` creates the socket with what it is given as `onread`. A socket that is there already (behind a
   * proxy) cannot have that: it is read as a `stream`, in the portions it likes.
   */
  constructor(
    place: string,
    open: (onread: { buffer: () => Uint8Array; callback: OnRead }) => Socket,
    mode: 'onread' | 'stream' = 'onread',
  ) {
    this.place = place;
    this.#socket = open({
      buffer: () => this.#buffer(),
      callback: (length, buffer) => this.#arrived(buffer, length),
    });
    if (mode === 'stream') {
      this.#socket.pause();
      this.#socket.on('data', (bytes: Buffer) => {
        if (!this.#arrived(bytes, bytes.length)) this.#socket.pause();
      });
    }
    this.#socket.on('end', () => this.#ended(undefined));
    this.#socket.on('error', (error) => this.#ended(connectFailure(error, place)));
    this.#socket.on('close', () => this.#ended(undefined));
  }

  /** For `connect`, until the wire is open. */
  get socket(): Socket {
    return this.#socket;
  }

  get alive(): boolean {
    return this.#over === undefined && !this.#socket.destroyed;
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Resolves when the kernel has taken all of it; rejects with a `Failure` where the connection breaks before. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(connectFailure(error, this.place)) : resolve()));
    });
  }

  /** Hands everything that arrives to `reader`, beginning with what was kept. */
  attach(reader: WireReader): void {
    this.#reader = reader;
    this.resume();
  }

  /** Nobody reads until the next `attach`. */
  detach(): void {
    this.#reader = undefined;
    this.pause();
  }

  /** At most a few portions still arrive after this returns (TLS decrypts in bursts). */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    while (this.#stash.length > 0 && !this.#paused) {
      const bytes = this.#stash.shift() as Buffer;
      this.#deliver(bytes, 0, bytes.length);
    }
    if (this.#paused) return;
    if (this.#over) this.#tellEnd();
    else this.#socket.resume();
  }

  /** The largest portion that is read at once, bytes; small ones make a rate limit even. */
  readAtMost(bytes: number): void {
    this.#most = Math.max(1, Math.min(bytes, bulkBytes));
  }

  /** Reads in large portions from now on. */
  readBulk(): void {
    this.#most = bulkBytes;
  }

  /** Reads in small portions from now on. */
  readHead(): void {
    this.#most = headBytes;
  }

  /** While it waits in the pool it does not keep the process alive, and whatever arrives on it ends it. */
  rest(): void {
    this.#stash = [];
    this.#reader = { bytes: () => this.destroy(), ended: () => {} };
    this.#socket.unref();
    this.resume();
  }

  /** Back from the pool. */
  wake(): void {
    this.detach();
    this.#socket.ref();
  }

  destroy(): void {
    this.#reader = undefined;
    this.#stash = [];
    this.#over ??= { failure: undefined };
    this.#socket.destroy();
  }

  #buffer(): Uint8Array {
    bulk ??= Buffer.allocUnsafeSlow(bulkBytes);
    return this.#most === bulkBytes ? bulk : bulk.subarray(0, this.#most);
  }

  #arrived(buffer: Uint8Array, length: number): boolean {
    if (this.#over) return false;
    if (this.#paused || !this.#reader || this.#stash.length > 0) {
      this.#stash.push(Buffer.from(buffer.subarray(0, length)));
    } else {
      this.#deliver(buffer, 0, length);
    }
    return !this.#paused;
  }

  #deliver(buffer: Uint8Array, offset: number, length: number): void {
    try {
      this.#reader?.bytes(buffer, offset, length);
    } catch (error) {
      this.#ended(asFailure(error));
    }
  }

  #ended(failure: Failure | undefined): void {
    if (this.#over) return;
    this.#over = { failure };
    if (failure) this.#socket.destroy();
    if (failure || !this.#paused) this.#tellEnd();
  }

  #tellEnd(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.ended(this.#over?.failure);
  }
}

type OnRead = (length: number, buffer: Uint8Array) => boolean;
