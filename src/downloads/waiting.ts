/** What a `pending` download waits for. */
export const waits = ['slot', 'step', 'host', 'category', 'window', 'instance'] as const;
/** What a `retrying` download waits for. */
export const retryReasons = ['backoff', 'quota', 'rate_limit', 'no_space', 'offline', 'metadata'] as const;
export type RetryReason = (typeof retryReasons)[number];
/** What a torrent that is `downloading` waits for, besides; a `retrying` one waits for `metadata`, too. */
export const peerWaits = ['metadata', 'peers'] as const;
export type WaitingFor = (typeof waits)[number] | RetryReason | (typeof peerWaits)[number];

/** Progress is recorded at least twice in this time, ms, where there is any. */
const longestSilence = 60_000;

/** Of a download's row. */
interface PeerFacts {
  readonly source: string;
  readonly status: string;
  readonly totalBytes: number | null;
  readonly updatedAt: number;
}

/** What a running torrent waits for: somebody who tells what it contains, or who sends it. Pure; `now` is epoch ms. */
export function peerWait(
  { source, status, totalBytes, updatedAt }: PeerFacts,
  now: number,
): (typeof peerWaits)[number] | null {
  if (source !== 'torrent' || status !== 'downloading') return null;
  if (totalBytes === null) return 'metadata';
  return now - updatedAt > longestSilence ? 'peers' : null;
}
