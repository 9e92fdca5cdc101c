import type { Failure } from '../../downloads/failure.ts';
import type { Range } from '../../downloads/ranges.ts';

/** Slices below `directBytes` are gathered into writes of this size: one write a slice costs four times the CPU. */
const gatherBytes = 256 * 1024;
const directBytes = 64 * 1024;
/**
 * What is gathered begins so many bytes into its memory. Large buffers lie at the same place of a page or 16 bytes on,
 * and with a target 1 to 31 bytes further into its page than the source AMD's `rep movsb` copies thirty times slower.
 */
const clearBytes = 64;
/** Buffers of a thread; connections beyond them write slice by slice. Slow connections give theirs back at each look. */
const mostBuffers = 32;

/** The file a writer belongs to. */
export interface Place {
  readonly failure: Failure | undefined;
  took(buffer: Uint8Array, offset: number, length: number, position: number): void;
  put(buffer: Uint8Array, length: number, offset: number, position: number): boolean;
  gaveUp(bytes: number): void;
  ended(writer: PartialWriter): void;
}

const free: Buffer[] = [];
let made = 0;

/** Writes one contiguous stretch of a partial, gathering small slices. */
export class PartialWriter {
  readonly #file: Place;
  readonly #from: number;
  /** Includes what is gathered. */
  #to: number;
  #buffer: Buffer | undefined;
  #gathered = 0;

  constructor(file: Place, position: number) {
    this.#file = file;
    this.#from = position;
    this.#to = position;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#to;
  }

  get range(): Range {
    return [this.#from, this.#to];
  }

  /** Takes the bytes that follow; done with the buffer when it returns. Throws `Failure`. */
  write(buffer: Uint8Array, offset: number, length: number): void {
    const gathers = length < directBytes && this.#takeBuffer();
    if (!gathers) {
      this.settle();
      if (!this.#file.put(buffer, length, offset, this.#to)) throw this.#file.failure;
    } else {
      if (this.#file.failure) throw this.#file.failure;
      this.#gather(buffer, offset, length);
    }
    this.#file.took(buffer, offset, length, this.#to);
    this.#to += length;
    if (this.#gathered > gatherBytes - directBytes) this.settle();
  }

  /** Writes out what is gathered. Never throws: the file knows its failure. */
  settle(): void {
    const buffer = this.#buffer;
    const length = this.#gathered;
    if (!buffer) return;
    this.#giveBuffer();
    if (length > 0 && !this.#file.put(buffer, length, 0, this.#to - length)) this.#giveUp(length);
  }

  /** Nothing more will be written. Safe to call twice. */
  end(): void {
    this.settle();
    this.#file.ended(this);
  }

  /** What is gathered does not count. */
  drop(): void {
    const length = this.#gathered;
    this.#giveBuffer();
    if (length > 0) this.#giveUp(length);
  }

  #giveUp(length: number): void {
    this.#to -= length;
    this.#file.gaveUp(length);
  }

  #gather(bytes: Uint8Array, offset: number, length: number): void {
    const whole = offset === 0 && length === bytes.length;
    this.#buffer?.set(whole ? bytes : bytes.subarray(offset, offset + length), this.#gathered);
    this.#gathered += length;
  }

  #takeBuffer(): boolean {
    this.#buffer ??= free.pop();
    if (!this.#buffer && made < mostBuffers) {
      made += 1;
      this.#buffer = Buffer.allocUnsafeSlow(clearBytes + gatherBytes).subarray(clearBytes);
    }
    return this.#buffer !== undefined;
  }

  #giveBuffer(): void {
    if (this.#buffer) free.push(this.#buffer);
    this.#buffer = undefined;
    this.#gathered = 0;
  }
}
