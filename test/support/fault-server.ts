import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { Certificate } from './certificate.ts';

/** What the server claims about its file; a behaviour may claim otherwise for one answer. */
export interface Claims {
  readonly body: Uint8Array;
  /** As sent, quotes included; null: none. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly date: string;
  readonly type: string;
  readonly ranges: boolean;
  readonly ifRange: boolean;
  readonly headers: readonly string[];
}

/** How one request is answered; each is named for the damage it does. Bytes count from the first of the body sent. */
export type Behaviour =
  /** As a good server does: ranges, If-Range, keep-alive. */
  | { readonly do: 'serve'; readonly as?: Partial<Claims> }
  /** An orderly end of the connection in the middle. */
  | { readonly do: 'cut'; readonly after: number; readonly as?: Partial<Claims> }
  | { readonly do: 'reset'; readonly after: number; readonly as?: Partial<Claims> }
  /** Sends that much and then nothing, the connection open (0: the head only). */
  | { readonly do: 'silence'; readonly after: number; readonly as?: Partial<Claims> }
  /** Announces another Content-Length than it sends. */
  | { readonly do: 'length'; readonly announce: number | string; readonly as?: Partial<Claims> }
  /** Sends these bytes behind the announced end. */
  | { readonly do: 'excess'; readonly bytes: number; readonly as?: Partial<Claims> }
  /** Chunked; `after`: the connection ends there without the last chunk. */
  | { readonly do: 'chunked'; readonly size: number; readonly after?: number; readonly as?: Partial<Claims> }
  /** No length: the end of the connection is the end of the body; `after`: it ends early. */
  | { readonly do: 'close'; readonly after?: number; readonly reset?: boolean; readonly as?: Partial<Claims> }
  /** 206 to a range, with this Content-Range over the right bytes. */
  | { readonly do: 'range'; readonly claim: string; readonly as?: Partial<Claims> }
  /** Starts a 206 so many bytes earlier than asked, and says so. */
  | { readonly do: 'early'; readonly by: number; readonly as?: Partial<Claims> }
  /** Sends at most so many bytes of a range, and says so. */
  | { readonly do: 'short'; readonly most: number; readonly as?: Partial<Claims> }
  | { readonly do: 'gzip'; readonly as?: Partial<Claims> }
  | { readonly do: 'status'; readonly status: number; readonly headers?: readonly string[]; readonly text?: string }
  | { readonly do: 'redirect'; readonly to: string; readonly status?: number }
  /** A login page in the place of the file. */
  | { readonly do: 'page'; readonly type?: string }
  /** The beginning of a head, and then nothing. */
  | { readonly do: 'slowHead' }
  /** Takes the request and closes without a word. */
  | { readonly do: 'hangUp' }
  /** Exactly these bytes, then the end. */
  | { readonly do: 'raw'; readonly text: string };

export interface RecordedRequest {
  readonly target: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Which connection it came over, from 1. */
  readonly connection: number;
  /** From 1. */
  readonly number: number;
}

export interface FaultServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves when that many requests have come. */
  untilRequests(count: number): Promise<void>;
  /** Changes what is answered from now on. */
  script(script: Script): void;
  /** Ends all connections. Safe to call twice. */
  close(): Promise<void>;
}

export type Script = (request: RecordedRequest) => Behaviour;

export interface FaultServerOptions extends Partial<Claims> {
  readonly script?: Script;
  readonly certificate?: Certificate;
}

const honest: Script = () => ({ do: 'serve' });
const page = '<!DOCTYPE html><html><head><title>Log in</title></head><body><form>…</form></body></html>';

/** A server on loopback that answers each request as its script says, and records it. */
export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { certificate, script: first = honest, ...given } = options;
  const claims: Claims = {
    body: new Uint8Array(0),
    etag: '"one"',
    lastModified: null,
    date: new Date().toUTCString(),
    type: 'application/octet-stream',
    ranges: true,
    ifRange: true,
    headers: [],
    ...given,
  };
  let script = first;
  let connections = 0;
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting: { readonly count: number; readonly tell: () => void }[] = [];
  const onConnection = (socket: Socket): void => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let pending = '';
    socket.on('data', (bytes) => {
      pending += bytes.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
        const request = parseRequest(pending.slice(0, end), connection, requests.length + 1);
        pending = pending.slice(end + 4);
        requests.push(request);
        for (const { count, tell } of waiting) if (requests.length >= count) tell();
        behave(socket, request, script(request), claims);
      }
    });
  };
  const server = certificate
    ? tls.createServer(
        { cert: certificate.certText, key: certificate.keyText, ALPNProtocols: ['http/1.1'] },
        onConnection,
      )
    : net.createServer(onConnection);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    get open() {
      return sockets.size;
    },
    untilRequests: (count) =>
      new Promise((tell) => (requests.length >= count ? tell() : waiting.push({ count, tell }))),
    script: (next) => {
      script = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers one after the other: each request with the next behaviour, the last one for all that follow. */
export function inTurn(...behaviours: readonly Behaviour[]): Script {
  let next = 0;
  return () => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)];
    next += 1;
    return behaviour ?? { do: 'serve' };
  };
}

function parseRequest(head: string, connection: number, number: number): RecordedRequest {
  const [line = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((one): [string, string] => {
      const colon = one.indexOf(':');
      return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()];
    }),
  );
  return { target: line.split(' ')[1] ?? '', headers, connection, number };
}

/** The part of the file that a good server would send. */
interface Part {
  readonly status: 200 | 206 | 416;
  readonly from: number;
  readonly to: number;
}

function partFor(request: RecordedRequest, claims: Claims): Part {
  const size = claims.body.length;
  const whole: Part = { status: 200, from: 0, to: size };
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (!match || !claims.ranges) return whole;
  const wanted = request.headers.get('if-range');
  if (claims.ifRange && wanted !== undefined && wanted !== claims.etag && wanted !== claims.lastModified) return whole;
  const from = Number(match[1]);
  if (from >= size) return { status: 416, from: 0, to: 0 };
  return { status: 206, from, to: match[2] ? Math.min(Number(match[2]) + 1, size) : size };
}

/** What is sent, and what follows when all of it has left. */
interface Reply {
  readonly bytes: Uint8Array;
  readonly next?: 'end' | 'reset' | undefined;
}

function behave(socket: Socket, request: RecordedRequest, behaviour: Behaviour, usual: Claims): void {
  if (behaviour.do === 'hangUp') {
    socket.destroy();
    return;
  }
  const { bytes, next } = replyTo(request, behaviour, usual);
  socket.write(bytes, () => {
    if (next === 'end') socket.end();
    if (next === 'reset') socket.resetAndDestroy();
  });
}

function replyTo(request: RecordedRequest, behaviour: Exclude<Behaviour, { do: 'hangUp' }>, usual: Claims): Reply {
  switch (behaviour.do) {
    case 'slowHead':
      return { bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-') };
    case 'raw':
      return { bytes: Buffer.from(behaviour.text, 'latin1'), next: 'end' };
    case 'redirect':
      return answer(behaviour.status ?? 302, [`Location: ${behaviour.to}`], 'elsewhere');
    case 'status':
      return answer(behaviour.status, behaviour.headers ?? [], behaviour.text ?? 'no');
    case 'page':
      return answer(200, [`Content-Type: ${behaviour.type ?? 'text/html; charset=utf-8'}`], page);
    default:
      return file(request, behaviour, { ...usual, ...behaviour.as });
  }
}

function answer(status: number, headers: readonly string[], text: string): Reply {
  const length = status === 304 ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
  const start = head(status, [`Date: ${new Date().toUTCString()}`, ...headers, ...length]);
  return reply(start, Buffer.from(status === 304 ? '' : text));
}

type FileBehaviour = Extract<Behaviour, { readonly as?: Partial<Claims> }>;

function file(request: RecordedRequest, behaviour: FileBehaviour, claims: Claims): Reply {
  const part = shaped(partFor(request, claims), behaviour);
  const total = claims.body.length;
  const headers = [`Date: ${claims.date}`, ...describe(claims), ...claims.headers];
  if (part.status === 416) return answer(416, [...headers, `Content-Range: bytes */${total}`], '');
  const body = claims.body.subarray(part.from, part.to);
  const range = behaviour.do === 'range' ? behaviour.claim : `bytes ${part.from}-${part.to - 1}/${total}`;
  if (part.status === 206) headers.push(`Content-Range: ${range}`);
  const start = (...more: string[]): string => head(part.status, [...headers, ...more]);
  const sized = start(`Content-Length: ${behaviour.do === 'length' ? behaviour.announce : body.length}`);
  switch (behaviour.do) {
    case 'gzip': {
      const packed = gzipSync(claims.body);
      return reply(head(200, [...headers, 'Content-Encoding: gzip', `Content-Length: ${packed.length}`]), packed);
    }
    case 'chunked':
      return chunked(start('Transfer-Encoding: chunked'), body, behaviour);
    case 'close':
      return reply(start('Connection: close'), body.subarray(0, behaviour.after), behaviour.reset ? 'reset' : 'end');
    case 'cut':
      return reply(sized, body.subarray(0, behaviour.after), 'end');
    case 'reset':
      return reply(sized, body.subarray(0, behaviour.after), 'reset');
    case 'silence':
      return reply(sized, body.subarray(0, behaviour.after));
    case 'length':
      return reply(sized, body, 'end');
    case 'excess':
      return reply(sized, Buffer.concat([body, Buffer.alloc(behaviour.bytes, 'x')]), 'end');
    default:
      return reply(sized, body);
  }
}

function shaped(part: Part, behaviour: FileBehaviour): Part {
  if (part.status !== 206) return part;
  if (behaviour.do === 'early') return { ...part, from: Math.max(0, part.from - behaviour.by) };
  if (behaviour.do === 'short') return { ...part, to: Math.min(part.to, part.from + behaviour.most) };
  return part;
}

function describe(claims: Claims): string[] {
  const headers = [`Content-Type: ${claims.type}`];
  if (claims.etag !== null) headers.push(`ETag: ${claims.etag}`);
  if (claims.lastModified !== null) headers.push(`Last-Modified: ${claims.lastModified}`);
  if (claims.ranges) headers.push('Accept-Ranges: bytes');
  return headers;
}

function chunked(
  start: string,
  body: Uint8Array,
  { size, after = body.length + 1 }: { readonly size: number; readonly after?: number },
): Reply {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    const sent = chunk.subarray(0, Math.max(0, after - at));
    parts.push(Buffer.from(`${chunk.length.toString(16)};note="x"\r\n`, 'latin1'), sent);
    if (sent.length < chunk.length) return reply(start, Buffer.concat(parts), 'end');
    parts.push(Buffer.from('\r\n'));
  }
  if (after <= body.length) return reply(start, Buffer.concat(parts), 'end');
  return reply(start, Buffer.concat([...parts, Buffer.from('0\r\nX-Trailer: yes\r\n\r\n')]));
}

/** Head and body in one piece. */
function reply(start: string, body: Uint8Array, next?: 'end' | 'reset'): Reply {
  return { bytes: Buffer.concat([Buffer.from(start, 'latin1'), body]), next };
}

function head(status: number, headers: readonly string[]): string {
  return `HTTP/1.1 ${status} Some Reason\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
}
