import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { readBencoded } from '../../src/sources/torrent/bencode.ts';
import { bencode, type MadeTorrent } from './torrent-maker.ts';

const messages = { unchoke: 1, interested: 2, bitfield: 5, request: 6, piece: 7, extended: 20 } as const;
const ourMetadataId = 3;
const metadataPiece = 16_384;

/**
 * A swarm of one scripted seeder: a tracker on loopback, and a peer that connects to whoever asks it. It speaks the
 * protocol of BEP 3, 9 and 10 in plain text, and does to the bytes what a test tells it.
 */
export class TorrentSwarm {
  readonly #torrents = new Map<string, MadeTorrent>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Each seeder stops sending pieces after about so many bytes, its connection open; 0: never. */
  stallAfter = 0;
  /** The metadata of a magnet link is not told. */
  silent = false;
  /** The tracker answers what makes no sense; it sends the seeder all the same. */
  nonsense = false;
  /** The next blocks come damaged. */
  damage = 0;
  /** Bytes of files that were sent. */
  sent = 0;
  /** What trackers were told: `started`, `stopped`, `completed`, or nothing. */
  readonly announced: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      this.#announce(request.url ?? '');
      const sense = { interval: 1800, peers: Buffer.alloc(0) };
      response.end(bencode(this.nonsense ? { 'failure reason': 1 } : sense));
    });
  }

  static async open(...torrents: MadeTorrent[]): Promise<TorrentSwarm> {
    const swarm = new TorrentSwarm();
    swarm.#server.listen(0, '127.0.0.1');
    await once(swarm.#server, 'listening');
    for (const torrent of torrents) swarm.add(torrent);
    return swarm;
  }

  add(torrent: MadeTorrent): void {
    this.#torrents.set(torrent.infoHash, torrent);
  }

  get tracker(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/announce`;
  }

  magnet(torrent: MadeTorrent): string {
    return `magnet:?xt=urn:btih:${torrent.infoHash}&tr=${encodeURIComponent(this.tracker)}`;
  }

  /** Seeders that are connected now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Leaves all who are connected now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the tracker was told so often. */
  async hears(times: number): Promise<void> {
    while (this.announced.length < times) await once(this.#server, 'request');
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #announce(url: string): void {
    const hash = /[?&]info_hash=([^&]*)/.exec(url)?.[1] ?? '';
    const event = /[?&]event=([^&]*)/.exec(url)?.[1] ?? '';
    this.announced.push(event);
    const port = Number(/[?&]port=(\d+)/.exec(url)?.[1]);
    const torrent = this.#torrents.get(fromPercent(hash).toString('hex'));
    if (torrent && event !== 'stopped' && event !== 'completed') this.#seed(torrent, port);
  }

  #seed(torrent: MadeTorrent, port: number): void {
    const socket = connect(port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let waiting: Buffer = Buffer.alloc(0);
    let greeted = false;
    let served = 0;
    let metadataId = 0;
    const send = (id: number, ...parts: Uint8Array[]) => {
      const body = Buffer.concat([Buffer.from([id]), ...parts]);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(body.length);
      socket.write(Buffer.concat([head, body]));
    };
    const handshake = Buffer.concat([
      Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\x10\0\0', 'latin1'),
      Buffer.from(torrent.infoHash, 'hex'),
      Buffer.from('-XX0001-abcdefghijkl'),
    ]);
    socket.on('connect', () => socket.write(handshake));
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      if (!greeted) {
        if (waiting.length < handshake.length) return;
        waiting = waiting.subarray(handshake.length);
        greeted = true;
        const told = this.silent ? {} : { m: { ut_metadata: ourMetadataId }, metadata_size: torrent.info.length };
        send(messages.extended, Buffer.from([0]), bencode(told));
        send(messages.bitfield, allPieces(torrent));
      }
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
        const length = waiting.readUInt32BE(0);
        const message = waiting.subarray(4, 4 + length);
        waiting = waiting.subarray(4 + length);
        if (length > 0) heard(message);
      }
    });
    const heard = (message: Buffer) => {
      const [id] = message;
      if (id === messages.interested) send(messages.unchoke);
      if (id === messages.request) serve(message);
      if (id === messages.extended) extended(message);
    };
    const serve = (message: Buffer) => {
      const [index, begin, length] = [message.readUInt32BE(1), message.readUInt32BE(5), message.readUInt32BE(9)];
      if (this.stallAfter > 0 && served >= this.stallAfter) return;
      const from = index * torrent.pieceLength + begin;
      const block = Buffer.from(torrent.content.subarray(from, from + length));
      if (this.damage > 0) {
        this.damage -= 1;
        block[0] = (block[0] ?? 0) ^ 255;
      }
      served += length;
      this.sent += length;
      send(messages.piece, message.subarray(1, 9), block);
    };
    const extended = (message: Buffer) => {
      const told = readBencoded(message.subarray(2)).root;
      if (message[1] === 0) {
        const names = told.get('m');
        if (names instanceof Map) metadataId = Number(names.get('ut_metadata') ?? 0);
        return;
      }
      const piece = Number(told.get('piece'));
      if (told.get('msg_type') !== 0 || this.silent) return;
      const head = bencode({ msg_type: 1, piece, total_size: torrent.info.length });
      const data = torrent.info.subarray(piece * metadataPiece, (piece + 1) * metadataPiece);
      send(messages.extended, Buffer.from([metadataId]), head, data);
    };
  }
}

function allPieces({ content, pieceLength }: MadeTorrent): Buffer {
  const count = Math.ceil(content.length / pieceLength);
  const bits = Buffer.alloc(Math.ceil(count / 8), 255);
  if (count % 8 !== 0) bits[bits.length - 1] = (0xff << (8 - (count % 8))) & 0xff;
  return bits;
}

/** RFC 3986 section 2.1, byte by byte. */
function fromPercent(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
