import { Failure } from '../../downloads/failure.ts';
import { HeaderFields, tokenPattern } from './header.ts';

export interface ResponseHead {
  readonly status: number;
  /** As sent; may be empty. */
  readonly reason: string;
  /** Minor version of HTTP/1. */
  readonly minor: 0 | 1;
  readonly headers: HeaderFields;
}

/** Limits of security.md, Going out 3. */
const mostBytes = 16 * 1024;
const mostHeaders = 200;
const mostInterim = 20;

const LF = 10;
const CR = 13;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const beginning = 'HTTP/1.';

/**
 * Reads the head of a response from bytes in any portions (RFC 9112). Interim answers (1xx) are
 * skipped. Strict: folded lines, white space before the colon, bare CR, NUL, more than 16 KiB or 200
 * headers are `Failure('protocol')`. A bare LF ends a line (section 2.2).
 */
export class ResponseHeadReader {
  head: ResponseHead | undefined;
  #pending: Buffer = Buffer.alloc(0);
  #interim = 0;

  /** True once any byte has arrived. */
  started = false;
  /** True once the server has asked for the body (100, RFC 9110 section 15.2.1). */
  continued = false;

  /** Takes bytes and returns how many belong to the head; `head` is set when it is complete. */
  push(buffer: Uint8Array, offset: number, length: number): number {
    this.started ||= length > 0;
    const before = this.#pending.length;
    const arrived = Buffer.from(buffer.buffer, buffer.byteOffset + offset, length);
    const bytes = before === 0 ? arrived : Buffer.concat([this.#pending, arrived]);
    let at = 0;
    for (;;) {
      const end = endOfHead(bytes, at);
      if (end === undefined) break;
      const head = parseHead(bytes.toString('latin1', at, end));
      at = end;
      if (head.status >= 200) {
        this.head = head;
        this.#pending = Buffer.alloc(0);
        return at - before;
      }
      this.#countInterim(head.status);
    }
    const rest = bytes.subarray(at);
    checkBeginning(rest);
    if (rest.length > mostBytes) throw tooLong();
    this.#pending = Buffer.from(rest);
    return length;
  }

  #countInterim(status: number): void {
    if (status === 101) throw new Failure('protocol', 'the server switched protocols without being asked');
    this.continued ||= status === 100;
    this.#interim += 1;
    if (this.#interim > mostInterim) throw new Failure('protocol', 'the server sends interim answers without end');
  }
}

/** Where the body begins: after an empty line; undefined while that line has not come. */
function endOfHead(bytes: Buffer, from: number): number | undefined {
  const limit = Math.min(bytes.length, from + mostBytes);
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < limit; at = bytes.indexOf(LF, at + 1)) {
    if (at === from || bytes[at + 1] === LF) return at === from ? at + 1 : at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function parseHead(text: string): ResponseHead {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const [first = '', ...rest] = lines;
  const match = statusLine.exec(first);
  if (!match) throw notHttp();
  const headers = new HeaderFields();
  const given = rest.filter((line) => line !== '');
  if (given.length > mostHeaders) {
    throw new Failure('protocol', `the server's answer has more than ${mostHeaders} headers`);
  }
  for (const line of given) addLine(headers, line);
  return { status: Number(match[2]), reason: match[3]?.trim() ?? '', minor: match[1] === '1' ? 1 : 0, headers };
}

function addLine(headers: HeaderFields, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (!tokenPattern.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new Failure('protocol', "the server's answer has a malformed header line");
  }
  headers.add(name, value);
}

/** Tells at once what is not HTTP, instead of waiting for a line end that never comes. */
function checkBeginning(bytes: Buffer): void {
  const begun = bytes.toString('latin1', 0, beginning.length);
  if (!beginning.startsWith(begun)) throw notHttp();
}

function notHttp(): Failure {
  return new Failure('protocol', 'the server does not answer in HTTP/1; check the port and the scheme of the link');
}

function tooLong(): Failure {
  return new Failure('protocol', `the head of the server's answer is longer than ${mostBytes} bytes`);
}
