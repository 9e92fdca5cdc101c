import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

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

/** What every behaviour that sends a file can also do. */
interface Sending {
  readonly as?: Partial<Claims>;
  /** Waits so many ms in the middle of the head. */
  readonly delay?: number;
  /** Bytes/s in place of the server's usual rate. */
  readonly rate?: number;
  /** The connection is reset as soon as this is true. */
  readonly until?: () => boolean;
}

/** Behaviours that send the file, or a part of it. Bytes count from the first of the body sent. */
export type FileBehaviour = Sending &
  (
    | /** As a good server does: ranges, If-Range, keep-alive. */ { readonly do: 'serve' }
    /** An orderly end of the connection in the middle; what is shorter comes whole. */
    | { readonly do: 'cut'; readonly after: number }
    | { readonly do: 'reset'; readonly after: number }
    /** Sends that much and then nothing, the connection open (0: the head only). */
    | { readonly do: 'silence'; readonly after: number }
    /** From `after` on a trickle of `rate` bytes/s; silent for good behind `silentAfter` bytes of it. */
    | { readonly do: 'trickle'; readonly after: number; readonly rate: number; readonly silentAfter?: number }
    /** Announces another Content-Length than it sends. */
    | { readonly do: 'length'; readonly announce: number | string }
    /** Sends these bytes behind the announced end. */
    | { readonly do: 'excess'; readonly bytes: number }
    /** Chunked; `after`: the connection ends there without the last chunk. */
    | { readonly do: 'chunked'; readonly size: number; readonly after?: number }
    /** No length: the end of the connection is the end of the body; `after`: it ends early. */
    | { readonly do: 'close'; readonly after?: number; readonly reset?: boolean }
    /** 206 to a range, with this Content-Range over the right bytes; null: without one. */
    | { readonly do: 'range'; readonly claim: string | null }
    /** Starts a 206 so many bytes earlier than asked (below 0: later), and says so. */
    | { readonly do: 'early'; readonly by: number }
    /** Sends at most so many bytes of a range, and says so. */
    | { readonly do: 'short'; readonly most: number }
    /** 206 that says what was asked for, over the bytes that stand so far behind it. */
    | { readonly do: 'shifted'; readonly by: number }
    /** 206 with the total of the file wrong by so much. */
    | { readonly do: 'total'; readonly by: number | '*' }
    /** 206 whose one part is wrapped as `multipart/byteranges`. */
    | { readonly do: 'multipart' }
    /** 206 although nothing but the whole was asked for; `most`: only its first bytes. */
    | { readonly do: 'unasked'; readonly most?: number }
    /** The whole file, compressed, although identity was asked; `after`: cut there. */
    | { readonly do: 'gzip'; readonly after?: number; readonly coding?: Coding }
  );

/** How one request is answered; each is named for the damage it does. */
export type Behaviour =
  | FileBehaviour
  | { readonly do: 'status'; readonly status: number; readonly headers?: readonly string[]; readonly text?: string }
  | { readonly do: 'redirect'; readonly to: string; readonly status?: number }
  /** A login page in the place of the file. */
  | { readonly do: 'page'; readonly type?: string }
  /** The beginning of a head, and then nothing. */
  | { readonly do: 'slowHead' }
  /** Takes the request and never says a word. */
  | { readonly do: 'mute' }
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
  /** Connections that were open when it came, its own included. */
  readonly open: number;
  /** Of these, how many had an answer under way or wanted one. */
  readonly busy: number;
}

/** What is sent, and what follows when all of it has left. */
export interface Reply {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** `hold`: the connection stays open, but takes no further request. */
  readonly next?: 'end' | 'reset' | 'hold' | undefined;
  readonly delay?: number | undefined;
  readonly rate?: number | undefined;
  readonly until?: (() => boolean) | undefined;
  /** From this byte of the body on it goes on at this rate. */
  readonly trickle?: { readonly after: number; readonly rate: number } | undefined;
}

const page = '<!DOCTYPE html><html><head><title>Log in</title></head><body><form>…</form></body></html>';

/** The answer to one request; undefined: the connection is closed without one. */
export function replyTo(request: RecordedRequest, behaviour: Behaviour, usual: Claims): Reply | undefined {
  switch (behaviour.do) {
    case 'hangUp':
      return undefined;
    case 'mute':
      return reply('', new Uint8Array(0), 'hold');
    case 'slowHead':
      return reply('HTTP/1.1 200 OK\r\nContent-', new Uint8Array(0), 'hold');
    case 'raw':
      return reply(behaviour.text, new Uint8Array(0), 'end');
    case 'redirect':
      return answer(behaviour.status ?? 302, [`Location: ${behaviour.to}`], 'elsewhere');
    case 'status':
      return answer(behaviour.status, behaviour.headers ?? [], behaviour.text ?? 'no');
    case 'page':
      return answer(200, [`Content-Type: ${behaviour.type ?? 'text/html; charset=utf-8'}`], page);
    default: {
      const { delay, rate, until } = behaviour;
      const sent = file(request, behaviour, { ...usual, ...behaviour.as });
      return { ...sent, delay, until, ...(behaviour.do === 'trickle' ? {} : { rate }) };
    }
  }
}

function answer(status: number, headers: readonly string[], text: string): Reply {
  const length = status === 304 ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
  const start = head(status, [`Date: ${new Date().toUTCString()}`, ...headers, ...length]);
  return reply(start, Buffer.from(status === 304 ? '' : text));
}

/** The part of the file that is sent. */
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

function shaped(part: Part, behaviour: FileBehaviour): Part {
  if (behaviour.do === 'unasked' && part.status === 200) {
    return { status: 206, from: 0, to: Math.min(part.to, behaviour.most ?? part.to) };
  }
  if (part.status !== 206) return part;
  if (behaviour.do === 'early') return { ...part, from: Math.min(part.to - 1, Math.max(0, part.from - behaviour.by)) };
  if (behaviour.do === 'short') return { ...part, to: Math.min(part.to, part.from + behaviour.most) };
  return part;
}

function file(request: RecordedRequest, behaviour: FileBehaviour, claims: Claims): Reply {
  const part = shaped(partFor(request, claims), behaviour);
  const headers = [`Date: ${claims.date}`, ...describe(claims), ...claims.headers];
  if (part.status === 416) return answer(416, [...headers, `Content-Range: bytes */${claims.body.length}`], '');
  if (behaviour.do === 'gzip') return compressed(claims.body, headers, behaviour);
  if (behaviour.do === 'multipart' && part.status === 206) return multipart(claims, part, headers);
  const range = part.status === 206 ? rangeOf(part, behaviour, claims.body.length) : null;
  if (range !== null) headers.push(`Content-Range: ${range}`);
  return framed((...more) => head(part.status, [...headers, ...more]), bytesOf(part, behaviour, claims), behaviour);
}

function bytesOf({ status, from, to }: Part, behaviour: FileBehaviour, { body }: Claims): Uint8Array {
  if (behaviour.do !== 'shifted' || status !== 206) return body.subarray(from, to);
  const begin = (from + behaviour.by) % body.length;
  return Buffer.concat([body.subarray(begin), body.subarray(0, begin)]).subarray(0, to - from);
}

function rangeOf({ from, to }: Part, behaviour: FileBehaviour, size: number): string | null {
  if (behaviour.do === 'range') return behaviour.claim;
  const { by = 0 } = behaviour.do === 'total' ? behaviour : {};
  return `bytes ${from}-${to - 1}/${by === '*' ? '*' : size + by}`;
}

/** Head and body as the behaviour frames them. */
function framed(start: (...more: string[]) => string, body: Uint8Array, behaviour: FileBehaviour): Reply {
  const sized = start(`Content-Length: ${behaviour.do === 'length' ? behaviour.announce : body.length}`);
  switch (behaviour.do) {
    case 'chunked':
      return chunked(start('Transfer-Encoding: chunked'), body, behaviour);
    case 'close':
      return reply(start('Connection: close'), body.subarray(0, behaviour.after), behaviour.reset ? 'reset' : 'end');
    case 'cut':
      return reply(sized, body.subarray(0, behaviour.after), behaviour.after < body.length ? 'end' : undefined);
    case 'reset':
      return reply(sized, body.subarray(0, behaviour.after), behaviour.after < body.length ? 'reset' : undefined);
    case 'silence':
      return reply(sized, body.subarray(0, behaviour.after), 'hold');
    case 'trickle': {
      const { after, rate, silentAfter = body.length } = behaviour;
      return { ...reply(sized, body.subarray(0, after + silentAfter), 'hold'), trickle: { after, rate } };
    }
    case 'length':
      return reply(sized, body, 'end');
    case 'excess':
      return reply(sized, Buffer.concat([body, Buffer.alloc(behaviour.bytes, 'x')]), 'end');
    default:
      return reply(sized, body);
  }
}

/** How bodies are encoded, by the name of the content coding. */
export const codings = {
  gzip: (body: Uint8Array) => gzipSync(body),
  deflate: (body: Uint8Array) => deflateSync(body),
  // Its best takes seconds.
  br: (body: Uint8Array) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: (body: Uint8Array) => zstdCompressSync(body),
};
type Coding = keyof typeof codings;

const packedBodies = new WeakMap<Uint8Array, Uint8Array>();

function compressed(
  body: Uint8Array,
  headers: readonly string[],
  { after, coding = 'gzip' }: { readonly after?: number; readonly coding?: Coding },
): Reply {
  const packed = (coding === 'gzip' ? packedBodies.get(body) : undefined) ?? codings[coding](body);
  if (coding === 'gzip') packedBodies.set(body, packed);
  const start = head(200, [...headers, `Content-Encoding: ${coding}`, `Content-Length: ${packed.length}`]);
  return reply(start, packed.subarray(0, after), after === undefined ? undefined : 'end');
}

function multipart(claims: Claims, part: Part, headers: readonly string[]): Reply {
  const range = rangeOf(part, { do: 'serve' }, claims.body.length);
  const body = Buffer.concat([
    Buffer.from(`--PART\r\nContent-Type: ${claims.type}\r\nContent-Range: ${range}\r\n\r\n`),
    claims.body.subarray(part.from, part.to),
    Buffer.from('\r\n--PART--\r\n'),
  ]);
  const others = headers.filter((line) => !line.startsWith('Content-Type:'));
  const type = 'Content-Type: multipart/byteranges; boundary=PART';
  return reply(head(206, [...others, type, `Content-Length: ${body.length}`]), body);
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

function reply(start: string, body: Uint8Array, next?: Reply['next']): Reply {
  return { head: Buffer.from(start, 'latin1'), body, next };
}

function head(status: number, headers: readonly string[]): string {
  return `HTTP/1.1 ${status} Some Reason\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
}
