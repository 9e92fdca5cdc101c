import { createHash } from 'node:crypto';
import type { Encryptor } from 'bittorrent-protocol';

/** The beginning of the key stream tells something about the key, and is not used, bytes. */
const dropped = 1024;

/**
 * RC4 as encrypted connections of BitTorrent use it (Message Stream Encryption): it hides what is spoken from those who
 * slow it down, and protects nothing. Node's own is there only with `--openssl-legacy-provider`. Returns what takes the
 * bytes of a stream one after the other, and puts the result into `out`, which may be the same: left out, into a buffer
 * of its own.
 */
export function rc4(key: Uint8Array): (bytes: Uint8Array, out?: Uint8Array) => Uint8Array {
  const state = Int32Array.from({ length: 256 }, (_, at) => at);
  for (let i = 0, j = 0; i < 256; i += 1) {
    const one = state[i] ?? 0;
    j = (j + one + (key[i % key.length] ?? 0)) & 255;
    state[i] = state[j] ?? 0;
    state[j] = one;
  }
  let [first, second] = [0, 0];
  const crypt = (bytes: Uint8Array, out: Uint8Array = Buffer.allocUnsafeSlow(bytes.length)) => {
    // In variables of this call: those of the closure would cost half as much again.
    let [i, j] = [first, second];
    for (let at = 0; at < bytes.length; at += 1) {
      i = (i + 1) & 255;
      const one = state[i] as number;
      j = (j + one) & 255;
      const other = state[j] as number;
      state[i] = other;
      state[j] = one;
      out[at] = (bytes[at] as number) ^ (state[(one + other) & 255] as number);
    }
    [first, second] = [i, j];
    return out;
  };
  crypt(new Uint8Array(dropped));
  return crypt;
}

/**
 * From now on the library's encrypted connections use this one, and decrypt what comes where it lies. `kind`: the
 * prototype of its encryptors.
 */
export function encryptFaster(kind: Encryptor): void {
  kind._initializeCiphers = function initializeCiphers(this: Encryptor, party) {
    const keyOf = (name: string) =>
      createHash('sha1').update(name).update(this.S).update(Buffer.from(this.skeyHex, 'hex')).digest();
    const [ours, theirs] = party === 'A' ? ['keyA', 'keyB'] : ['keyB', 'keyA'];
    this.encryptCipher = rc4(keyOf(ours));
    this.decryptCipher = rc4(keyOf(theirs));
  };
  kind.decrypt = function decrypt(this: Encryptor, bytes) {
    return this._isEncrypted ? this.decryptCipher(bytes, bytes) : bytes;
  };
}
