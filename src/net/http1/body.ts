import { Failure } from '../../downloads/failure.ts';
import type { BodyReader, Slices } from './body-reader.ts';
import { ChunkedBody } from './chunked.ts';
import type { ResponseHead } from './response-head.ts';

/** Where a body ends (RFC 9112 section 6.3). `close`: with the connection, so its end proves nothing. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

/** The framing of an answer; one to HEAD has no body. Throws `Failure('protocol')` where it is contradictory. */
export function framingOf(head: ResponseHead, asked: 'HEAD' | 'other' = 'other'): Framing {
  if (asked === 'HEAD' || head.status === 204 || head.status === 304) return { kind: 'length', length: 0 };
  const codings = head.headers.members('transfer-encoding').map((coding) => coding.toLowerCase());
  if (codings.length > 0) {
    if (codings.length === 1 && codings[0] === 'chunked') return { kind: 'chunked' };
    throw new Failure('protocol', `the server uses a transfer coding that was not asked for (${codings.join(', ')})`);
  }
  const length = contentLength(head);
  return length === undefined ? { kind: 'close' } : { kind: 'length', length };
}

/** Equal repeated values count as one (RFC 9110 section 8.6); anything else is refused. */
function contentLength(head: ResponseHead): number | undefined {
  if (!head.headers.has('content-length')) return undefined;
  const values = new Set(head.headers.members('content-length'));
  const [value, ...others] = values;
  if (value === undefined || others.length > 0 || !/^\d{1,16}$/.test(value)) {
    throw new Failure('protocol', 'the server sent a malformed or contradictory Content-Length');
  }
  const length = Number(value);
  if (!Number.isSafeInteger(length)) throw new Failure('protocol', 'the server sent an impossible Content-Length');
  return length;
}

export function bodyReader(framing: Framing): BodyReader {
  if (framing.kind === 'chunked') return new ChunkedBody();
  if (framing.kind === 'length') return new LengthBody(framing.length);
  return new CloseBody();
}

class LengthBody implements BodyReader {
  #rest: number;

  constructor(length: number) {
    this.#rest = length;
  }

  get ended(): boolean {
    return this.#rest === 0;
  }

  push(buffer: Uint8Array, offset: number, length: number, slices: Slices): number {
    const size = Math.min(length, this.#rest);
    this.#rest -= size;
    if (size > 0) slices(buffer, offset, size);
    return size;
  }

  endsWithConnection(): boolean {
    return this.ended;
  }
}

class CloseBody implements BodyReader {
  readonly ended = false;

  push(buffer: Uint8Array, offset: number, length: number, slices: Slices): number {
    slices(buffer, offset, length);
    return length;
  }

  endsWithConnection(): boolean {
    return true;
  }
}
