import { Failure } from '../../downloads/failure.ts';
import type { BodyReader, Slices } from './body-reader.ts';

/** Longest chunk-size line with its extensions, and all trailers together; bytes. */
const mostLine = 4096;
const mostTrailers = 16 * 1024;
const sizeLine = /^([0-9a-f]{1,13})[ \t]*(?:;[^\0\r\n]*)?$/i;

const LF = 10;
const CR = 13;

/** `size`: in a chunk-size line; `data`; `crlf`: behind the data; `trailers`: behind the last chunk. */
type State = 'size' | 'data' | 'crlf' | 'trailers' | 'ended';

/**
 * The chunked transfer coding (RFC 9112 section 7.1): payload is handed out as slices of what came
 * in, never copied. Extensions and trailers are ignored. Throws `Failure('protocol')` on anything
 * that the grammar does not allow.
 */
export class ChunkedBody implements BodyReader {
  #state: State = 'size';
  /** Bytes of the present chunk that are still to come. */
  #rest = 0;
  #line = '';
  #trailerBytes = 0;

  get ended(): boolean {
    return this.#state === 'ended';
  }

  push(buffer: Uint8Array, offset: number, length: number, slices: Slices): number {
    const end = offset + length;
    let at = offset;
    while (at < end && this.#state !== 'ended') {
      if (this.#state === 'data') {
        const size = Math.min(this.#rest, end - at);
        this.#rest -= size;
        if (this.#rest === 0) this.#state = 'crlf';
        slices(buffer, at, size);
        at += size;
      } else {
        at = this.#takeLine(buffer, at, end);
      }
    }
    return at - offset;
  }

  /** A connection that ends before the last chunk cut the body. */
  endsWithConnection(): boolean {
    return this.ended;
  }

  /** Takes bytes up to and with the next line end; returns where it stopped. */
  #takeLine(buffer: Uint8Array, from: number, end: number): number {
    let lineEnd = buffer.indexOf(LF, from);
    if (lineEnd === -1 || lineEnd >= end) lineEnd = end;
    const limit = this.#state === 'crlf' ? 1 : mostLine;
    if (this.#line.length + lineEnd - from > limit) throw malformed();
    this.#line += Buffer.from(buffer.buffer, buffer.byteOffset + from, lineEnd - from).toString('latin1');
    if (lineEnd === end) return end;
    if (this.#line.charCodeAt(this.#line.length - 1) !== CR) throw malformed();
    const line = this.#line.slice(0, -1);
    this.#line = '';
    this.#lineDone(line);
    return lineEnd + 1;
  }

  #lineDone(line: string): void {
    if (this.#state === 'crlf') {
      this.#state = 'size';
    } else if (this.#state === 'size') {
      const match = sizeLine.exec(line);
      if (!match?.[1]) throw malformed();
      this.#rest = Number.parseInt(match[1], 16);
      this.#state = this.#rest === 0 ? 'trailers' : 'data';
    } else {
      this.#trailerBytes += line.length + 2;
      if (this.#trailerBytes > mostTrailers) throw malformed();
      if (line === '') this.#state = 'ended';
    }
  }
}

function malformed(): Failure {
  return new Failure('protocol', 'the server sent a malformed chunked body');
}
