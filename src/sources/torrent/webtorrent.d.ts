/** What of webtorrent 3 is used here; it has no types of its own. Names with _ are its inner ones, held by tests. */
declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events';

  export interface WebTorrentOptions {
    readonly utp: boolean;
    readonly secure: 0 | 1 | 2;
    readonly natUpnp: boolean;
    readonly natPmp: boolean;
    readonly dht: false | object;
    readonly dhtPort: number;
    readonly lsd: boolean;
    readonly utPex: boolean;
    readonly tracker: false | object;
    readonly webSeeds: boolean;
    readonly torrentPort: number;
    readonly maxConns: number;
    readonly userAgent: string;
    readonly uploadLimit?: number;
  }

  /** What a .torrent says, as far as it is needed. */
  export interface ParsedTorrent {
    readonly infoHash: string;
    readonly name: string;
    readonly info: object;
    readonly private: boolean;
    readonly announce: readonly string[];
    readonly urlList: readonly string[];
    readonly files: readonly {
      readonly path: string;
      readonly name: string;
      readonly length: number;
      readonly offset: number;
    }[];
    readonly length: number;
    readonly pieceLength: number;
    readonly lastPieceLength: number;
    /** Hex digits. */
    readonly pieces: readonly string[];
  }

  export interface AddOptions {
    readonly preloadedStore: object;
    readonly storeCacheSlots: 0;
    readonly deselect: true;
    readonly bitfield?: Uint8Array;
    readonly strategy: 'rarest' | 'sequential';
    readonly uploads?: number | false;
  }

  /** A stream between a connection and the protocol; a rate limit is kept in it. */
  export interface Throttle extends EventEmitter {
    destroyed: boolean;
    _transform(chunk: Uint8Array, done: (error: Error | null, chunk?: Uint8Array) => void): void;
  }

  export interface ThrottleGroup {
    throttle(): Throttle;
  }

  export interface Wire extends EventEmitter {
    readonly peerId: string;
    readonly type: string;
    /** `reqq`: how many questions it remembers. */
    readonly peerExtendedHandshake: { reqq?: number };
    /** Bytes/s; told of bytes, it counts them first. */
    downloadSpeed(bytes?: number): number;
    request(
      piece: number,
      offset: number,
      length: number,
      done: (error: Error | null, bytes?: Uint8Array) => void,
    ): void;
    readonly ut_metadata?: AskedMetadata;
    /** Decrypts where the peer wants that. */
    readonly _encryptor: { decrypt(data: Uint8Array): Uint8Array } | null;
    /** What has come and is not read yet; `_parserSize`: so much of it is read next. */
    _buffer: Uint8Array[];
    _bufferSize: number;
    readonly _parserSize: number;
    /** By whom that is read. */
    readonly _parser: unknown;
    _parse(size: number, parser: (bytes: Uint8Array) => void): void;
    readonly _onMessageLength: (bytes: Uint8Array) => void;
    /** The library keeps the bytes of some. */
    readonly _onMessage: (bytes: Uint8Array) => void;
    _onKeepAlive(): void;
    _onPiece(piece: number, offset: number, block: Uint8Array): void;
    /** Reads as long as there is enough; `_buffer` holds one buffer at most. */
    _processBuffer(): void;
    /** It has ended. */
    readonly _finished: boolean;
    /** Hands over what is to be sent; null: nothing more. */
    push(bytes: Uint8Array | null): boolean;
    resume(): void;
    /** What the peer has asked for and was not sent yet. */
    readonly peerRequests: readonly { readonly length: number }[];
    _onRequest(piece: number, offset: number, length: number): void;
    destroy(): void;
  }

  /** A peer that is asked what the torrent contains (BEP 9). */
  export interface AskedMetadata {
    _fetching: boolean;
    /** Bytes, in so many pieces. */
    readonly _metadataSize: number;
    readonly _numPieces: number;
    metadata: Uint8Array;
    /** All of it has come; false: it is wrong. */
    setMetadata(info: Uint8Array): Promise<boolean>;
    _requestPieces(): void;
    _request(piece: number): void;
    _onData(piece: number, bytes: Uint8Array, size: number): void;
    _onReject(piece: number): void;
  }

  export interface Peer extends EventEmitter {
    readonly addr: string | null;
    readonly type: string;
    readonly connected: boolean;
    readonly destroyed: boolean;
    readonly wire: Wire | null;
    readonly conn: object | null;
    readonly throttleGroups: { readonly down: ThrottleGroup; readonly up: ThrottleGroup };
    /** Joins connection and protocol, once they are there. */
    setThrottlePipes(this: Peer): void;
    destroy(error?: unknown): void;
  }

  /** A piece that is not there yet. */
  export interface OpenPiece {
    readonly _chunks: number;
    readonly _reservations: number;
    _cancellations: readonly number[] | null;
    readonly length: number;
    /** Which blocks have come, so many. */
    _buffer: unknown[] | null;
    _buffered: number;
    /** Bytes of those that have not. */
    missing: number;
    /** Ours: where the blocks are put. */
    _whole?: Uint8Array | undefined;
    /** False: it was whole already. */
    init(): boolean;
    /** These blocks have come, from the `first` on; true: all of them are there. */
    set(this: OpenPiece, first: number, bytes: Uint8Array, sender: object): boolean;
    /** Who sent them. */
    sources: object[] | null;
    _flushed: boolean;
    /** All of it, once; null: a block is missing. */
    flush(this: OpenPiece): Uint8Array | null;
  }

  export interface RarityMap {
    /** How many peers have each piece. */
    readonly _pieces: readonly number[];
    getRarestPiece(accepts: (piece: number) => boolean): number;
  }

  export interface Torrent extends EventEmitter {
    readonly infoHash: string;
    /** What peers are told who ask for it: the .torrent, or its info. */
    metadata: Uint8Array | null;
    readonly wires: readonly Wire[];
    readonly bitfield: { get(piece: number): boolean } | undefined;
    readonly uploaded: number;
    /** Bytes, whole pieces or not. */
    readonly received: number;
    readonly destroyed: boolean;
    readonly _peers: ReadonlyMap<string, Peer> | null;
    readonly pieces: readonly (OpenPiece | null)[];
    readonly _rarityMap: RarityMap | null;
    addPeer(peer: string, source?: string): boolean;
    select(from: number, to: number, priority?: number): void;
    deselect(from: number, to: number): void;
    _verifyPieces(done: (error?: Error | null) => void): void;
    destroy(options: object | null, done: () => void): void;
    /** Asks peers for more, where they have been asked for little. */
    _update(): void;
    _debug(...words: unknown[]): void;
  }

  /** The distributed table (DHT). */
  export interface Distributed extends EventEmitter {
    readonly destroyed: boolean;
    readonly listening: boolean;
    address(): { readonly port: number };
    /** Tells of those that it finds as `peer`, of whom the torrent hears. */
    lookup(infoHash: string, done: (error?: Error | null) => void): void;
    /** To the nodes that the last `lookup` found. */
    announce(infoHash: string, port: number, done: (error?: Error | null) => void): void;
  }

  export default class WebTorrent extends EventEmitter {
    constructor(options: WebTorrentOptions);
    readonly peerId: string;
    readonly torrentPort: number;
    readonly dht: Distributed | false | null;
    readonly torrents: readonly Torrent[];
    readonly destroyed: boolean;
    readonly throttleGroups: { readonly down: ThrottleGroup; readonly up: ThrottleGroup };
    maxConns: number;
    add(torrent: string | Uint8Array | ParsedTorrent, options: AddOptions): Torrent;
    destroy(done: (error?: Error | null) => void): void;
  }
}

declare module 'webtorrent/lib/peer.js' {
  import type { Peer } from 'webtorrent';

  const kind: { readonly prototype: Peer };
  export default kind;
}
