import type { Distributed, Torrent } from 'webtorrent';
import type { Clock } from '../../time/clock.ts';

/** The first time after so many ms: the nodes that the table is entered by may not have answered yet. */
const first = 2000;
/** As seldom as the library itself does it. */
const longest = 15 * 60_000;
/** How often it is seen whether a torrent that has peers lost them, ms. */
const calm = 30_000;

/**
 * Looks for peers in the distributed table (BEP 5), and tells there of ours, again and again while a torrent has none:
 * after seconds, then ever less often. The library does so every quarter of an hour, also after its first look, which
 * finds nobody where no node was known yet. Returns what ends it.
 */
export function lookAgain(torrent: Torrent, dht: Distributed, port: number, clock: Pick<Clock, 'after'>): () => void {
  let wait = first;
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(wait, () => {
      if (torrent.destroyed) return;
      if (torrent.wires.length > 0) wait = calm;
      else {
        wait = Math.min(wait * 2, longest);
        look(torrent, dht, port);
      }
      next();
    });
  };
  next();
  return () => cancel();
}

function look({ infoHash }: Torrent, dht: Distributed, port: number): void {
  if (dht.destroyed) return;
  // An announcement alone would go to the nodes that the last look found, none at first.
  dht.lookup(infoHash, () => {
    if (!dht.destroyed) dht.announce(infoHash, port, () => {});
  });
}
