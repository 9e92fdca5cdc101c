/** What of bittorrent-protocol is used here, the connections of webtorrent; it has no types of its own. */
declare module 'bittorrent-protocol' {
  /** Message Stream Encryption of one connection. */
  export interface Encryptor {
    /** The secret that both have agreed on. */
    S: Uint8Array;
    /** The info hash. */
    skeyHex: string;
    encryptCipher: (bytes: Uint8Array) => Uint8Array;
    decryptCipher: (bytes: Uint8Array, out?: Uint8Array) => Uint8Array;
    /** All that comes from now on is encrypted. */
    readonly _isEncrypted: boolean;
    decrypt(this: Encryptor, bytes: Uint8Array): Uint8Array;
    /** `A` is who began the connection. */
    _initializeCiphers(this: Encryptor, party: 'A' | 'B'): void;
  }

  export default class Wire {
    constructor(type: string, secure: 1);
    readonly _encryptor: Encryptor;
    /** Makes a line of each message, whether anybody reads it or not. */
    _debug(...words: unknown[]): void;
    _processBuffer(): void;
    destroy(): void;
  }
}
