import type { OpenPiece, Torrent } from 'webtorrent';

/** With no more pieces than these missing, those that others were asked for are asked for again. */
const endgame = 32;

/**
 * The library's choice of the next piece walks through all pieces for each one it has asked for, those that are there
 * included, which takes most of the processor's time at the end of a large torrent. This one looks at missing pieces
 * alone, finishes begun ones first (the last one without a look at the others), and otherwise takes the rarest; of equally rare ones any.
 */
export function chooseRarest(torrent: Torrent, random: () => number = Math.random): void {
  const rarity = torrent._rarityMap;
  if (!rarity) return;
  let current = -1;
  rarity.getRarestPiece = (accepts) => {
    const { pieces } = torrent;
    const begun = pieces[current];
    if (begun && begun._reservations > 0 && !isAskedFor(begun) && accepts(current)) return current;
    current = next(accepts);
    return current;
  };
  const next = (accepts: (piece: number) => boolean) => {
    const { pieces } = torrent;
    const found = best(rarity._pieces, pieces, (at, piece) => !isAskedFor(piece) && accepts(at), random);
    if (found >= 0) return found;
    const missing = pieces.reduce((sum, piece) => sum + (piece ? 1 : 0), 0);
    return missing > endgame ? -1 : best(rarity._pieces, pieces, (at) => accepts(at), random);
  };
}

function best(
  availability: readonly number[],
  pieces: readonly (OpenPiece | null)[],
  accepts: (at: number, piece: OpenPiece) => boolean,
  random: () => number,
): number {
  let [least, found, equals] = [Number.POSITIVE_INFINITY, -1, 0];
  for (let at = 0; at < pieces.length; at += 1) {
    const piece = pieces[at];
    if (!piece) continue;
    const rank = piece._reservations > 0 ? -1 : (availability[at] ?? 0);
    if (rank > least || !accepts(at, piece)) continue;
    equals = rank < least ? 1 : equals + 1;
    least = rank;
    // Each of the equals is as likely as the others, without a list of them.
    if (random() * equals < 1) found = at;
  }
  return found;
}

/** All its blocks are asked for. */
function isAskedFor(piece: OpenPiece): boolean {
  return piece._reservations >= piece._chunks && (piece._cancellations?.length ?? 0) === 0;
}
