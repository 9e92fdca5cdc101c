import type { Download, Lease } from '../../../src/downloads/download.ts';
import type { Status } from '../../../src/downloads/states.ts';
import type { CandidateFilter } from '../../../src/store/queue-facts.ts';
import type { Claim, ManifestFacts, NewDownload, Store } from '../../../src/store/store.ts';

export const now = 1_700_000_000_000;
export const ttl = 30_000;
export const me = 'instance-a';

/** A look at the queue that nothing limits. */
export const anybody: CandidateFilter = {
  ...{ runner: me, anyRunner: true, limit: 100, steps: 100, closed: false },
  full: { hosts: new Set(), categories: new Set() },
  turn: { category: undefined, hosts: new Map() },
};

/** Each key is a promise of the store, as a sentence; each gets an empty store of its own. */
export type Promises = Readonly<Record<string, (store: Store) => Promise<void>>>;

let links = 0;

export function aDownload(more: Partial<NewDownload> = {}): NewDownload {
  links += 1;
  const link = `http://host/${links}`;
  return {
    source: 'http',
    link,
    linkKey: link,
    directory: '/downloads',
    options: {},
    metadata: {},
    runner: null,
    ifExists: 'follow',
    ...more,
  };
}

export async function added(store: Store, more: Partial<NewDownload> = {}): Promise<Download> {
  return (await store.add(aDownload(more), now)).download;
}

export async function claimed(store: Store, id: number, instance = me, at = now): Promise<Claim> {
  const claim = await store.claim(id, instance, at + ttl, at);
  if (!claim) throw new Error(`download ${id} could not be claimed`);
  return claim;
}

export const manifest: ManifestFacts = {
  name: 'file.bin',
  totalBytes: 1000,
  resumeToken: { etag: '"a"' },
  files: [{ path: 'file.bin', size: 1000, main: true }],
  restart: false,
};

/** Added, claimed, resolved to one file of 1000 bytes. */
export async function running(
  store: Store,
  more: Partial<NewDownload> = {},
): Promise<{ claim: Claim; fileId: number }> {
  const claim = await claimed(store, (await added(store, more)).id);
  const [file] = (await store.recordManifest(claim.lease, manifest, now)) ?? [];
  if (!file) throw new Error('no file was recorded');
  return { claim, fileId: file.id };
}

export async function checkpoint(store: Store, lease: Lease, fileId: number, bytes: number): Promise<void> {
  const checkpoints = [{ lease, fileId, ranges: [[0, bytes]] as const }];
  await store.pulse({ instance: me, leases: [], leaseUntil: 0, checkpoints, samples: [] }, now);
}

/** By what a delivered file is known again. */
export const mark = { identity: '1:7', modifiedAt: now - 1000 } as const;

export const networkError = { class: 'network', message: 'reset' } as const;

/** A download that was brought into this state in the ordinary way. */
export async function inState(store: Store, status: Status): Promise<Download> {
  if (status === 'pending') return added(store);
  if (status === 'cleaned') throw new Error('nothing leads there yet');
  const { claim, fileId } = await running(store);
  await checkpoint(store, claim.lease, fileId, 600);
  if (status === 'paused' || status === 'cancelled') await store.change(claim.lease, { to: status }, now);
  if (status === 'failed') await store.change(claim.lease, { to: status, error: networkError }, now);
  if (status === 'retrying') await store.change(claim.lease, retryAt(now + 60_000), now);
  if (status === 'processing' || status === 'completed') await store.change(claim.lease, delivered, now);
  if (status === 'completed') await store.change(claim.lease, { to: status }, now);
  return present(await store.get(claim.download.id));
}

export const delivered = {
  to: 'processing',
  integrity: 'validator',
  downloadPath: '/downloads/file.bin',
  fileSize: 1000,
} as const;

export function retryAt(nextAttemptAt: number, more: { counts?: boolean; discard?: boolean } = {}) {
  const { counts = true, discard = false } = more;
  return { to: 'retrying', reason: 'backoff', nextAttemptAt, counts, discard, error: networkError } as const;
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

/** How often a property is tried: on a server each question is a way over the network. */
export function runsOn(store: Store, runs: number): number {
  return store.kind === 'server' ? Math.ceil(runs / 4) : runs;
}
