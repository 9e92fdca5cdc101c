import { asFailure, Failure } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import { bodyReader, type Framing, framingOf } from './http1/body.ts';
import type { BodyReader } from './http1/body-reader.ts';
import { type ResponseHead, ResponseHeadReader } from './http1/response-head.ts';
import { type RequestBody, type SendOptions, sendBody } from './send-body.ts';
import type { Wire } from './wire.ts';

/** Takes a body. Exactly one of `end` and `fail` is called, once, and nothing after it. */
export interface BodySink {
  /** The bytes are only there during the call. What it throws ends the connection and comes back as `fail`. */
  bytes(buffer: Uint8Array, offset: number, length: number): void;
  /** The body is whole by its framing. `excess`: the server sent more than it had announced. */
  end(facts: { readonly excess: boolean }): void;
  fail(failure: Failure): void;
}

/** The server went away before a single byte of an answer. `reused`: perhaps only the idle connection had grown stale. */
export class NoAnswer extends Failure {
  readonly reused: boolean;

  constructor(wire: Wire, cause: Failure | undefined) {
    super('network', `${wire.place} closed the connection without an answer`, { cause });
    this.reused = wire.used;
  }
}

export interface Outgoing extends Omit<SendOptions, 'clock'> {
  readonly body: RequestBody;
  /** The head says `Expect: 100-continue`; who does not ask for the body within a second is sent it all the same. */
  readonly whenAsked: boolean;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Until the head of the answer is complete, ms; where there is a body, from its end on. */
  readonly headersTimeout: number;
  readonly signal?: AbortSignal;
  /** The answer to HEAD has no body, whatever it says. */
  readonly asked?: 'HEAD' | 'other';
  /** A body to be sent. */
  readonly outgoing?: Outgoing;
  /** Takes the wire when it can carry another request. */
  readonly onFree: (wire: Wire) => void;
}

/** Made once: the trace of an error costs more than the rest of a settling. */
const isOver = new Failure('internal', 'the answer has begun, or will not come');

/** How long a server may take to ask for a body before it is sent unasked, ms (RFC 9110 section 10.1.1). */
const askingTime = 1000;

/**
 * Sends a request and reads the head of the answer; its body waits. An answer may come before the whole outgoing body
 * was sent, which ends the sending; a success then is none. Throws `Failure`, or the signal's reason.
 */
export function exchange(wire: Wire, request: string, options: ExchangeOptions): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const { signal, clock, headersTimeout, outgoing } = options;
    if (signal?.aborted) {
      wire.destroy();
      return reject(signal.reason);
    }
    const reader = new ResponseHeadReader();
    const sending = new AbortController();
    const wanted = Promise.withResolvers<void>();
    let isAllSent = outgoing === undefined;
    let cancelTimeout = (): void => {};
    const settle = (): void => {
      cancelTimeout();
      signal?.removeEventListener('abort', aborted);
      sending.abort(isOver);
    };
    const fail = (failure: unknown): void => {
      if (sending.signal.aborted) return;
      settle();
      wire.destroy();
      reject(failure);
    };
    const aborted = (): void => fail(signal?.reason);
    const awaitAnswer = (): void => {
      isAllSent = true;
      if (sending.signal.aborted) return;
      cancelTimeout = clock.after(headersTimeout, () =>
        fail(new Failure('network', `${wire.place} did not answer within ${headersTimeout / 1000} s`)),
      );
    };
    signal?.addEventListener('abort', aborted);
    wire.readHead();
    wire.attach({
      bytes(buffer, offset, length) {
        const taken = reader.push(buffer, offset, length);
        if (reader.continued) wanted.resolve();
        const { head } = reader;
        if (!head) return;
        if (!isAllSent && head.status < 300) return fail(tooEarly(wire));
        settle();
        wire.detach();
        try {
          const rest = Buffer.from(buffer.subarray(offset + taken, offset + length));
          const onFree = isAllSent ? options.onFree : (ended: Wire) => ended.destroy();
          resolve(new Exchange(wire, head, rest, { onFree, asked: options.asked ?? 'other' }));
        } catch (error) {
          reject(error);
        }
      },
      ended(failure) {
        if (!reader.started) return fail(new NoAnswer(wire, failure));
        fail(failure ?? new Failure('network', `${wire.place} broke the connection within the head of its answer`));
      },
    });
    wire.send(request);
    if (outgoing) send(wire, outgoing, { clock, wanted, signal: sending.signal }).then(awaitAnswer, fail);
    else awaitAnswer();
  });
}

/** Sends the body when the server wants it, or does not say that it does in time. */
async function send(
  wire: Wire,
  { body, whenAsked, ...how }: Outgoing,
  {
    clock,
    wanted,
    signal,
  }: { readonly clock: Clock; readonly wanted: PromiseWithResolvers<void>; readonly signal: AbortSignal },
): Promise<void> {
  if (whenAsked) {
    const cancel = clock.after(askingTime, wanted.resolve);
    signal.addEventListener('abort', () => wanted.resolve());
    await wanted.promise;
    cancel();
  }
  await sendBody(wire, body, { clock, ...how }, signal);
}

function tooEarly(wire: Wire): Failure {
  return new Failure('protocol', `${wire.place} said that it was done before it had everything`);
}

/** An answer whose head has been read. The body stands still until `read`; end it by reading or by `abandon`. */
export class Exchange {
  readonly head: ResponseHead;
  readonly framing: Framing;
  readonly #wire: Wire;
  readonly #body: BodyReader;
  readonly #onFree: (wire: Wire) => void;
  /** Body bytes that came with the head. */
  #first: Uint8Array;
  #sink: BodySink | undefined;
  #over = false;
  #limited = false;
  #paused = false;

  constructor(
    wire: Wire,
    head: ResponseHead,
    first: Uint8Array,
    { onFree, asked }: { readonly onFree: (wire: Wire) => void; readonly asked: 'HEAD' | 'other' },
  ) {
    this.#wire = wire;
    this.head = head;
    this.#first = first;
    this.#onFree = onFree;
    try {
      this.framing = framingOf(head, asked);
    } catch (error) {
      wire.destroy();
      throw error;
    }
    this.#body = bodyReader(this.framing);
  }

  /** `host:port` of the other side. */
  get place(): string {
    return this.#wire.place;
  }

  /** False once the other side is known to be gone; bytes that came before may still wait. */
  get alive(): boolean {
    return !this.#over && this.#wire.alive;
  }

  /** Lets the body flow into `sink`; may call it before it returns. Once. */
  read(sink: BodySink): void {
    this.#sink = sink;
    const first = this.#first;
    this.#first = new Uint8Array(0);
    if (!this.#limited) this.#wire.readBulk();
    try {
      this.#take(first, 0, first.length);
    } catch (error) {
      this.#fail(asFailure(error));
    }
    if (this.#over) return;
    this.#wire.attach({
      bytes: (buffer, offset, length) => this.#take(buffer, offset, length),
      ended: (failure) => this.#connectionEnded(failure),
    });
    if (this.#paused) this.pause();
  }

  pause(): void {
    this.#paused = true;
    if (!this.#over) this.#wire.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#over) this.#wire.resume();
  }

  /** The largest portion handed out at once, bytes; 0 for the most. */
  readAtMost(bytes: number): void {
    this.#limited = bytes > 0;
    if (bytes > 0) this.#wire.readAtMost(bytes);
    else this.#wire.readBulk();
  }

  /** Ends it where it stands: closes the connection. The sink hears nothing more. Safe to call twice. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#wire.destroy();
  }

  #take(buffer: Uint8Array, offset: number, length: number): void {
    const sink = this.#sink;
    if (this.#over || !sink) return;
    const taken = this.#body.push(buffer, offset, length, (bytes, at, size) => {
      if (!this.#over) sink.bytes(bytes, at, size);
    });
    if (this.#over || !this.#body.ended) return;
    this.#over = true;
    const excess = taken < length;
    if (!excess && staysOpen(this.head)) this.#onFree(this.#wire);
    else this.#wire.destroy();
    sink.end({ excess });
  }

  #connectionEnded(failure: Failure | undefined): void {
    if (this.#over) return;
    if (failure || !this.#body.endsWithConnection()) {
      this.#fail(failure ?? new Failure('network', `${this.place} closed the connection before the end of the file`));
      return;
    }
    this.#over = true;
    this.#wire.destroy();
    this.#sink?.end({ excess: false });
  }

  #fail(failure: Failure): void {
    if (this.#over) return;
    this.#over = true;
    this.#wire.destroy();
    this.#sink?.fail(failure);
  }
}

/** RFC 9112 section 9.3; a length beside a transfer coding is an attack or a bug, so that connection ends. */
function staysOpen(head: ResponseHead): boolean {
  const options = head.headers.members('connection').map((option) => option.toLowerCase());
  if (options.includes('close')) return false;
  if (head.headers.has('transfer-encoding') && (head.minor === 0 || head.headers.has('content-length'))) return false;
  return head.minor === 1 || options.includes('keep-alive');
}
