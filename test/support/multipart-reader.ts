import { createHash } from 'node:crypto';

/** One part of a form, as it came. */
export interface Part {
  readonly name: string;
  /** Undefined: a field. */
  readonly filename: string | undefined;
  readonly size: number;
  readonly sha256: string;
  /** Of a field, and of a small file. */
  readonly text: string;
}

const keptText = 4096;

/**
 * Reads multipart/form-data (RFC 7578) as it comes, in constant memory, and forgives nothing: what stands before the first
 * boundary or behind the last one, a header that is not one, a bare LF, a parameter that is not quoted.
 */
export class MultipartReader {
  readonly parts: Part[] = [];
  readonly #delimiter: Buffer;
  #pending: Buffer = Buffer.from('\r\n');
  #state: 'start' | 'head' | 'body' | 'end' = 'start';
  #part = newPart('', undefined);

  constructor(contentType: string) {
    const [, boundary] = /^multipart\/form-data; boundary=([A-Za-z0-9'()+_,./:=?-]{1,70})$/.exec(contentType) ?? [];
    if (boundary === undefined) throw new Error(`not a form: ${contentType}`);
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  push(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#step());
  }

  /** All parts. Throws where it does not end as it must. */
  end(): readonly Part[] {
    if (this.#state !== 'end' || this.#pending.length > 0) throw new Error('the form does not end with its boundary');
    return this.parts;
  }

  #step(): boolean {
    if (this.#state === 'head') return this.#head();
    if (this.#state === 'end') return this.#rest();
    const at = this.#pending.indexOf(this.#delimiter);
    if (at === -1) {
      const sure = Math.max(0, this.#pending.length - this.#delimiter.length);
      if (this.#state === 'body') this.#take(sure);
      else if (sure > 0) throw new Error('something stands before the first boundary');
      return false;
    }
    const after = at + this.#delimiter.length;
    if (this.#pending.length < after + 2) return false;
    if (this.#state === 'start' && at !== 0) throw new Error('something stands before the first boundary');
    if (this.#state === 'body') this.#finish(at);
    const kind = this.#pending.toString('latin1', this.#delimiter.length, this.#delimiter.length + 2);
    if (kind !== '\r\n' && kind !== '--') throw new Error('a boundary is followed by something else');
    this.#state = kind === '--' ? 'end' : 'head';
    this.#pending = this.#pending.subarray(this.#delimiter.length + 2);
    return true;
  }

  #head(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#pending.length > 16_384) throw new Error('a part has a head without end');
      return false;
    }
    const lines = this.#pending.toString('utf8', 0, end).split('\r\n');
    if (lines.some((line) => !/^[A-Za-z-]+: [^\r\n\0]*$/.test(line))) throw new Error(`a malformed header: ${lines}`);
    const disposition = lines.find((line) => /^content-disposition: /i.test(line)) ?? '';
    const match = /^content-disposition: form-data; name="([^"\r\n]+)"(?:; filename="([^"\r\n]*)")?$/i.exec(
      disposition,
    );
    if (!match?.[1]) throw new Error(`a malformed Content-Disposition: ${disposition}`);
    this.#part = newPart(match[1], match[2]);
    // The boundary behind an empty part begins with the end of its head.
    this.#pending = this.#pending.subarray(end + 4);
    this.#state = 'body';
    return true;
  }

  #rest(): boolean {
    const rest = this.#pending.toString('latin1');
    if (!'\r\n'.startsWith(rest)) throw new Error('something stands behind the last boundary');
    if (rest === '\r\n') this.#pending = Buffer.alloc(0);
    return false;
  }

  #take(length: number): void {
    const bytes = this.#pending.subarray(0, length);
    this.#part.hash.update(bytes);
    this.#part.size += length;
    if (this.#part.text.length < keptText) this.#part.text += bytes.toString('utf8').slice(0, keptText);
    this.#pending = this.#pending.subarray(length);
  }

  #finish(length: number): void {
    this.#take(length);
    const { name, filename, size, text, hash } = this.#part;
    this.parts.push({ name, filename, size, text, sha256: hash.digest('hex') });
  }
}

function newPart(name: string, filename: string | undefined) {
  return { name, filename, size: 0, text: '', hash: createHash('sha256') };
}
