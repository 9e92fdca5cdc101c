import { networkInterfaces } from 'node:os';
import type WebTorrent from 'webtorrent';
import type { AddOptions, ParsedTorrent, Torrent, WebTorrentOptions, Wire } from 'webtorrent';
import { version } from '../../config/version.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import { RateLimit } from '../http/flow.ts';
import { askAhead } from './asking-ahead.ts';
import { askFew } from './asking-metadata.ts';
import { openInfo } from './lean-torrent.ts';
import { loadLibrary } from './library.ts';
import { lookAgain } from './looking-again.ts';
import { chooseRarest } from './rarest.ts';
import { gatherLean } from './receiving.ts';
import type { TorrentSettings } from './settings.ts';
import { Throttles } from './throttle.ts';

/** Connections of all torrents together, and what each may have at least. */
const mostConnections = 200;
const leastConnections = 10;
/** Addresses of peers that are remembered for one torrent. */
const mostPeers = 3000;

export interface Joining {
  readonly torrent: Torrent;
  /** Leaves the client; its connections are closed when this returns. Safe to call twice. */
  leave(): void;
}

export interface JoinRequest {
  readonly id: string | Uint8Array | ParsedTorrent;
  /** What peers are told who ask what it contains. */
  readonly info?: Uint8Array;
  /** Peers are asked what it contains, which is the end of it here. */
  readonly onInfo?: (info: Uint8Array) => void;
  readonly infoHash: string;
  readonly isPrivate: boolean;
  readonly limit: RateLimit;
  readonly options: AddOptions;
  /** Addresses of peers that are known already, `IP:PORT`. */
  readonly peers: readonly string[];
  /** It leaves, and fails, when the same torrent is to be downloaded. Left out: it stays. */
  readonly yields?: true;
  /** The torrent cannot go on here. */
  readonly onFailure: (failure: Failure) => void;
}

interface Member {
  readonly client: WebTorrent;
  readonly joined: Set<JoinRequest>;
  readonly ownAddresses: ReadonlySet<string>;
}

/**
 * The library's clients: one for torrents that anybody may find, one that asks trackers alone, for private ones. A client
 * lives only as long as a torrent is in it, so that where everything is paused nothing is sent, nor listened to.
 */
export class Clients {
  readonly #settings: TorrentSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #throttles: Throttles;
  readonly #members = new Map<boolean, Promise<Member>>();
  /** By info hash. */
  readonly #running = new Map<string, { readonly request: JoinRequest; leave(): void }>();

  constructor(settings: TorrentSettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    const upload = new RateLimit(clock);
    upload.set(settings.uploadRate);
    this.#throttles = new Throttles(clock, upload);
  }

  /** Throws `Failure` when this torrent runs already. */
  async join(request: JoinRequest): Promise<Joining> {
    const { infoHash, isPrivate, id, info, onInfo, options, limit, onFailure } = request;
    let member = await this.#member(isPrivate);
    // The last torrent may have left meanwhile, and the client with it.
    while (member.client.destroyed) member = await this.#member(isPrivate);
    this.#makeWay(request);
    const { client } = member;
    member.joined.add(request);
    const torrent = client.add(id, options);
    updateOnce(torrent);
    // What is there and right is known better here, and less than all of it has to be read to know it.
    torrent._verifyPieces = (done) => queueMicrotask(() => torrent.destroyed || done(null));
    this.#guardPeers(member, torrent);
    this.#shareConnections(member);
    torrent.on('wire', (wire: Wire, address: string | null) => {
      if (wire.peerId === client.peerId) return wire.destroy();
      this.#throttles.assign(torrent, wire, limit);
      askAhead(wire, this.#clock);
      if (onInfo) askFew(wire, this.#clock, { infoHash, onInfo });
      this.#log.trace({ infoHash, address }, 'a peer is there');
    });
    torrent.on('warning', (error: Error) => this.#log.debug({ infoHash, error }, 'a torrent met something'));
    torrent.on('error', (error: Error) => {
      onFailure(new Failure('network', `the torrent stopped: ${error.message}`, { cause: error }));
    });
    torrent.once('metadata', () => {
      if (info) torrent.metadata = openInfo(info);
      chooseRarest(torrent);
      gatherLean(torrent);
    });
    torrent.once('infoHash', () => {
      for (const peer of request.peers) torrent.addPeer(peer, 'manual');
    });
    const endLooking =
      client.dht && !isPrivate ? lookAgain(torrent, client.dht, client.torrentPort, this.#clock) : undefined;
    const leave = () => {
      endLooking?.();
      this.#leave(isPrivate, member, request, torrent);
    };
    this.#running.set(infoHash, { request, leave });
    return { torrent, leave };
  }

  async close(): Promise<void> {
    const members = [...this.#members.values()];
    this.#members.clear();
    await Promise.all(members.map(async (member) => destroy((await member).client)));
    this.#running.clear();
  }

  /** Throws `Failure` when this torrent runs already, and does not yield. */
  #makeWay({ infoHash, yields }: JoinRequest): void {
    const other = this.#running.get(infoHash);
    if (!other) return;
    if (yields || !other.request.yields) throw runsAlready();
    other.leave();
    other.request.onFailure(runsAlready());
  }

  #leave(isPrivate: boolean, member: Member, request: JoinRequest, torrent: Torrent): void {
    if (!member.joined.delete(request)) return;
    if (this.#running.get(request.infoHash)?.request === request) this.#running.delete(request.infoHash);
    if (!torrent.destroyed) torrent.destroy(null, () => {});
    this.#shareConnections(member);
    if (member.joined.size > 0) return;
    this.#members.delete(isPrivate);
    void destroy(member.client);
  }

  #member(isPrivate: boolean): Promise<Member> {
    const known = this.#members.get(isPrivate);
    if (known) return known;
    const begun = this.#begin(isPrivate);
    this.#members.set(isPrivate, begun);
    begun.catch(() => this.#members.delete(isPrivate));
    return begun;
  }

  async #begin(isPrivate: boolean): Promise<Member> {
    const { port } = this.#settings;
    const wanted = port === 0 ? 0 : isPrivate ? port + 1 : port;
    try {
      return await this.#open(isPrivate, wanted);
    } catch (error) {
      if (wanted === 0) throw error;
      this.#log.warn({ port: wanted, error }, 'torrent.port is taken; another one is listened to');
      return this.#open(isPrivate, 0);
    }
  }

  async #open(isPrivate: boolean, port: number): Promise<Member> {
    const Client = await loadLibrary();
    const client = new Client(optionsFrom(this.#settings, isPrivate, port));
    this.#throttles.govern(client.throttleGroups);
    const member: Member = { client, joined: new Set(), ownAddresses: ownAddresses() };
    await new Promise<void>((resolve, reject) => {
      client.once('listening', resolve);
      client.once('error', (error) => {
        reject(new Failure('network', `no port can be listened to for torrents: ${error.message}`, { cause: error }));
      });
    });
    client.on('error', (error: Error) => {
      this.#members.delete(isPrivate);
      const failure = new Failure('network', `the torrent engine stopped: ${error.message}`, { cause: error });
      for (const { onFailure } of member.joined) onFailure(failure);
    });
    return member;
  }

  /** Our own address comes back from trackers and peers. */
  #guardPeers({ client, ownAddresses: own }: Member, torrent: Torrent): void {
    const add = torrent.addPeer.bind(torrent);
    torrent.addPeer = (peer, source) => {
      if (typeof peer !== 'string' || torrent.destroyed) return false;
      const at = peer.lastIndexOf(':');
      const host = peer.slice(0, at).replace(/^\[|\]$/g, '');
      if (Number(peer.slice(at + 1)) === client.torrentPort && own.has(host)) return false;
      if ((torrent._peers?.size ?? 0) >= mostPeers) return false;
      return add(peer, source);
    };
  }

  #shareConnections({ client, joined }: Member): void {
    client.maxConns = Math.max(leastConnections, Math.floor(mostConnections / Math.max(1, joined.size)));
  }
}

/** The library looks after each block whether peers are to be asked for more: once is enough for all that came at once. */
function updateOnce(torrent: Torrent): void {
  torrent._debug = () => {};
  const update = torrent._update.bind(torrent);
  let isDue = false;
  torrent._update = () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      update();
    });
  };
}

function optionsFrom(settings: TorrentSettings, isPrivate: boolean, port: number): WebTorrentOptions {
  return {
    utp: false,
    secure: 1,
    natUpnp: settings.nat,
    natPmp: settings.nat,
    dht: settings.dht && !isPrivate ? { bootstrap: settings.dhtBootstrap } : false,
    dhtPort: port,
    lsd: settings.lsd && !isPrivate,
    utPex: settings.pex && !isPrivate,
    tracker: settings.trackers ? {} : false,
    webSeeds: settings.webSeeds,
    torrentPort: port,
    maxConns: mostConnections,
    userAgent: `longhaul/${version}`,
  };
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []));
}

function destroy(client: WebTorrent): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) resolve();
    else client.destroy(() => resolve());
  });
}

function runsAlready(): Failure {
  return new Failure('network', 'the same torrent is being downloaded to another place; it is tried again', {
    retry: { when: 'later', reason: 'backoff' },
  });
}
