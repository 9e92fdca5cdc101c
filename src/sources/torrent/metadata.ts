import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { RateLimit } from '../http/flow.ts';
import type { Clients, Joining } from './clients.ts';
import type { Magnet } from './magnet.ts';

export interface Found {
  /** The `.torrent`. */
  readonly bytes: Uint8Array;
  /** Peers that were connected, `IP:PORT`. */
  readonly peers: readonly string[];
}

const mostPeers = 50;

/** Peers are asked for the pieces of no file. */
const emptyStore = {
  chunkLength: 1,
  put: (_piece: number, _bytes: Uint8Array, done: (error: Error) => void) => done(new Error('nothing is stored')),
  get: (_piece: number, _options: unknown, got?: (error: Error) => void) => got?.(new Error('nothing is stored')),
  close: (done: () => void) => queueMicrotask(done),
  destroy: (done: () => void) => queueMicrotask(done),
};

/**
 * Asks peers what a magnet link contains (BEP 9). Throws `Failure`, after `timeout` ms one that is tried again later, or
 * the signal's reason.
 */
export async function findMetadata(
  clients: Pick<Clients, 'join'>,
  magnet: Magnet,
  { timeout, clock, signal }: { readonly timeout: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Found> {
  const found = Promise.withResolvers<Found>();
  found.promise.catch(() => {});
  const joining = await clients.join({
    id: linkFor(magnet),
    infoHash: magnet.infoHash,
    isPrivate: false,
    limit: new RateLimit(clock),
    peers: magnet.peers,
    onInfo: (info) => found.resolve({ bytes: torrentOf(magnet, info), peers: connected(joining) }),
    onFailure: (failure) => found.reject(failure),
    options: { preloadedStore: emptyStore, storeCacheSlots: 0, deselect: true, strategy: 'rarest' },
  });
  const aborted = () => found.reject(signal.reason);
  const cancel = clock.after(timeout, () => found.reject(noMetadata(timeout)));
  if (signal.aborted) aborted();
  signal.addEventListener('abort', aborted, { once: true });
  try {
    return await found.promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', aborted);
    joining.leave();
  }
}

/** The `.torrent` that a magnet link stands for (BEP 3, 12, 19). Pure. */
function torrentOf({ trackers, webSeeds }: Magnet, info: Uint8Array): Uint8Array {
  const tiers = trackers.map((each) => `l${text(each)}e`).join('');
  const head = `d${tiers === '' ? '' : `${text('announce-list')}l${tiers}e`}${text('info')}`;
  const tail = webSeeds.length === 0 ? 'e' : `${text('url-list')}l${webSeeds.map(text).join('')}ee`;
  return new Uint8Array(Buffer.concat([Buffer.from(head), info, Buffer.from(tail)]));
}

function text(value: string): string {
  return `${Buffer.byteLength(value)}:${value}`;
}

function linkFor({ infoHash, trackers, webSeeds }: Magnet): string {
  const more = [...trackers.map((each) => ['tr', each] as const), ...webSeeds.map((each) => ['ws', each] as const)];
  return `magnet:?xt=urn:btih:${infoHash}${more.map(([key, value]) => `&${key}=${encodeURIComponent(value)}`).join('')}`;
}

function connected({ torrent }: Joining): string[] {
  return [...(torrent._peers?.values() ?? [])]
    .flatMap(({ connected: is, type, addr }) => (is && type === 'tcpOutgoing' && addr !== null ? [addr] : []))
    .slice(0, mostPeers);
}

function noMetadata(timeout: number): Failure {
  const waited = timeout >= 60_000 ? `${Math.round(timeout / 60_000)} min` : `${Math.round(timeout / 1000)} s`;
  return new Failure(
    'network',
    `no peer told within ${waited} what the magnet link contains; it is asked again by itself, or give the .torrent file`,
    { retry: { when: 'later', reason: 'metadata' } },
  );
}
