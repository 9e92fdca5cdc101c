import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** Headers that belong to a connection of HTTP/1.1 and not to the message (RFC 9113 section 8.2.2). */
const ofConnection = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
const headEnd = '\r\n\r\n';
const longestHead = 64 * 1024;

type Done = (error?: Error | null) => void;

/**
 * A connection to a host that speaks nothing but HTTP/2, which looks like one of HTTP/1.1 from this side: requests are
 * written and answers are read as RFC 9112 has them, one after the other. Bodies of unknown length come in chunks, so
 * that one which breaks off is never taken for a whole one. It takes the place of a `net.Socket` under a `Wire`; what is
 * wrong with the connection below it destroys it, and the other way round.
 */
export class Http2Socket extends Duplex {
  readonly #session: ClientHttp2Session;
  readonly #tls: TLSSocket;
  #head = '';
  /** Of the request that is being sent: bytes of its body that are still to come. */
  #bodyLeft = 0;
  #stream: ClientHttp2Stream | undefined;

  /** `socket`: open, its other side believed, and agreed on `h2`. */
  constructor(socket: TLSSocket, authority: string) {
    super({ allowHalfOpen: false });
    this.#tls = socket;
    // The session tells what matters of it; when that is destroyed nobody else listens.
    socket.on('error', () => {});
    this.#session = http2.connect(`https://${authority}`, {
      createConnection: () => socket,
      // A window of 64 KiB would wait for the other side's clock.
      settings: { enablePush: false, initialWindowSize: 4 << 20 },
    });
    // It is told also of a session that was destroyed before.
    this.#session.on('connect', () => this.#session.destroyed || this.#session.setLocalWindowSize(8 << 20));
    this.#session.on('error', (error) => this.#sessionEnded(error));
    this.#session.on('goaway', () => this.#endAfterThis());
    this.#session.on('close', () => this.#sessionEnded(broken()));
  }

  ref(): this {
    this.#session.ref();
    return this;
  }

  unref(): this {
    this.#session.unref();
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    try {
      const body = this.#bodyLeft > 0 ? chunk : this.#bodyIn(chunk);
      if (body.length > 0) this.#writeBody(body, done);
      else done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _read(): void {
    this.#stream?.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stream?.destroy();
    this.#session.destroy();
    this.#tls.destroy();
    done(error);
  }

  /** Sends the request as soon as its head is whole; what follows it. */
  #bodyIn(chunk: Buffer): Buffer {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(headEnd);
    if (end === -1) {
      if (this.#head.length > longestHead) throw new Error('the head of the request is too long');
      return Buffer.alloc(0);
    }
    const rest = Buffer.from(this.#head.slice(end + headEnd.length), 'latin1');
    const head = this.#head.slice(0, end);
    this.#head = '';
    this.#request(head);
    return rest;
  }

  #writeBody(bytes: Buffer, done: Done): void {
    this.#bodyLeft -= bytes.length;
    const stream = this.#stream;
    if (!stream || this.#bodyLeft < 0) throw new Error('a body is longer than was announced');
    stream.write(bytes, done);
    if (this.#bodyLeft === 0) stream.end();
  }

  #request(head: string): void {
    const [first = '', ...lines] = head.split('\r\n');
    const [method = 'GET', path = '/'] = first.split(' ');
    const fields: Record<string, string | string[]> = { ':method': method, ':path': path };
    for (const line of lines) {
      const colon = line.indexOf(':');
      const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      if (name === 'host') fields[':authority'] = value;
      if (!ofConnection.has(name)) fields[name] = name in fields ? [fields[name] ?? [], value].flat() : value;
    }
    this.#bodyLeft = Number(fields['content-length'] ?? 0);
    const stream = this.#session.request(fields, { endStream: this.#bodyLeft === 0 });
    this.#stream = stream;
    // What is whole would be lost with a connection that the other side closes now; no more than its window can be left.
    const isWhole = watchEnd(stream, () => stream.resume());
    stream.on('response', (headers) => this.#answer(stream, headers, method, isWhole));
    stream.on('error', (error) => this.destroy(error));
    stream.on('close', () => this.#closed(stream, isWhole()));
  }

  #answer(
    stream: ClientHttp2Stream,
    headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
    method: string,
    isWhole: () => boolean,
  ): void {
    const status = headers[':status'] ?? 0;
    const sized = headers['content-length'] !== undefined;
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    const isChunked = hasBody && !sized;
    let text = `HTTP/1.1 ${status} \r\n`;
    for (const [name, value] of Object.entries(headers)) {
      if (name.startsWith(':') || ofConnection.has(name)) continue;
      for (const one of [value].flat()) text += `${name}: ${one}\r\n`;
    }
    const tell = (bytes: Buffer) => {
      if (!this.push(bytes) && !isWhole()) stream.pause();
    };
    tell(Buffer.from(`${text}${isChunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`, 'latin1'));
    stream.on('data', (bytes: Buffer) => {
      if (!isChunked) return tell(bytes);
      tell(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
    });
    stream.on('end', () => {
      // An end by an error is no end; it is told when the stream closes.
      if (isChunked && isWhole()) this.push('0\r\n\r\n');
    });
  }

  #closed(stream: ClientHttp2Stream, isWhole: boolean): void {
    if (!isWhole || stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
      this.destroy(broken());
    }
    if (this.#stream === stream) this.#stream = undefined;
    if (this.#session.closed) this.push(null);
  }

  /** The other side takes no further request: what is under way ends as it should. */
  #endAfterThis(): void {
    if (!this.#stream) this.push(null);
  }

  /** What was told of an answer that is whole can still be read. */
  #sessionEnded(error: Error): void {
    if (this.#stream) this.destroy(error);
    else this.push(null);
  }
}

function broken(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}

/**
 * Whether the other side has ended the stream by saying so (END_STREAM). One that it resets without an error, which
 * gateways do when what stands behind them breaks off, ends the same way for whoever reads it: but then the stream is
 * closed already at the moment when its end is put behind its bytes.
 */
function watchEnd(stream: ClientHttp2Stream, onWhole: () => void): () => boolean {
  let isWhole = false;
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk !== null || stream.closed) return push(chunk, encoding);
    isWhole = true;
    const more = push(chunk, encoding);
    onWhole();
    return more;
  };
  return () => isWhole;
}
