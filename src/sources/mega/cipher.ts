import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * How MEGA encrypts a file (its white paper, "Files and folders"): AES-128 in counter mode under a key of
 * 32 bytes that holds the AES key folded over its second half, the nonce, and the MAC of the contents.
 *
 * The library does the same one block of 16 bytes at a time, in the thread that everything else waits for;
 * here the platform's ciphers take whole portions. A test compares the two.
 */

/** Bytes of a key of a file. */
export const fileKeyBytes = 32;
const block = 16;
/** The file is cut into chunks of 1, 2, … 8 times this, then always 8 times, each with a MAC of its own. */
const chunkStep = 131_072;
const longestChunk = 8 * chunkStep;

/** Turns portions of the file into their plain bytes, in order, from `from` (bytes, a multiple of 16) on. */
export function decipherFrom(key: Uint8Array, from: number): (portion: Uint8Array) => Uint8Array {
  const counter = Buffer.alloc(block);
  counter.set(key.subarray(16, 24));
  counter.writeBigUInt64BE(BigInt(from / block), 8);
  const decipher = createDecipheriv('aes-128-ctr', aesKey(key), counter);
  return (portion) => decipher.update(portion);
}

/** Computes the MAC of a file's plain bytes. */
export class FileMac {
  readonly #key: Uint8Array;
  readonly #wanted: Buffer;
  readonly #nonce: Buffer;
  readonly #macs: Buffer[] = [];

  constructor(key: Uint8Array) {
    this.#key = aesKey(key);
    this.#nonce = Buffer.concat([key.subarray(16, 24), key.subarray(16, 24)]);
    this.#wanted = Buffer.from(key.subarray(24, fileKeyBytes));
  }

  /** Length in bytes of the next chunk that `update` wants; the last one of a file may be shorter. */
  get chunk(): number {
    return Math.min((this.#macs.length + 1) * chunkStep, longestChunk);
  }

  update(chunk: Uint8Array): void {
    const over = chunk.length % block;
    const whole = over === 0 ? chunk : Buffer.concat([chunk, Buffer.alloc(block - over)]);
    this.#macs.push(lastBlock(this.#key, this.#nonce, whole));
  }

  /** Whether these were the bytes that the key belongs to. Some programs count an empty chunk after a last whole one. */
  matches(): boolean {
    return [this.#macs, [...this.#macs, this.#nonce]].some((macs) => this.#condense(macs).equals(this.#wanted));
  }

  #condense(macs: readonly Buffer[]): Buffer {
    const mac =
      macs.length === 0 ? Buffer.alloc(block) : lastBlock(this.#key, Buffer.alloc(block), Buffer.concat(macs));
    const short = Buffer.alloc(8);
    for (let at = 0; at < 4; at += 1) {
      short[at] = (mac[at] ?? 0) ^ (mac[at + 4] ?? 0);
      short[at + 4] = (mac[at + 8] ?? 0) ^ (mac[at + 12] ?? 0);
    }
    return short;
  }
}

function aesKey(key: Uint8Array): Buffer {
  return Buffer.from(key.subarray(0, 16).map((byte, at) => byte ^ (key[at + 16] ?? 0)));
}

/** The MAC of chained blocks is the last one of CBC. */
function lastBlock(key: Uint8Array, start: Uint8Array, bytes: Uint8Array): Buffer {
  return createCipheriv('aes-128-cbc', key, start).setAutoPadding(false).update(bytes).subarray(-block);
}
