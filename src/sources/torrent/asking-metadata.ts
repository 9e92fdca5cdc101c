import { createHash } from 'node:crypto';
import type { Wire } from 'webtorrent';
import type { Clock } from '../../time/clock.ts';

/** Pieces of 16 KiB that a peer is asked for at once. */
const mostAsked = 16;
/** One that was refused is asked for again after so many ms. */
const rest = 1000;

/**
 * What a torrent contains comes in pieces (BEP 9). The library asks a peer for all of them at once, and again at once for
 * those that it refuses, until it has refused too many: Transmission remembers 64 questions, so that nothing larger than
 * 1 MiB would ever come from it. This way it is asked for a few at a time. `onInfo`: it has come whole and right; the
 * library does not read it, which takes hundreds of bytes for each one.
 */
export function askFew(
  { ut_metadata: asked }: Wire,
  clock: Pick<Clock, 'after'>,
  { infoHash, onInfo }: { readonly infoHash: string; onInfo(info: Uint8Array): void },
): void {
  if (!asked) return;
  const [onData, onReject] = [asked._onData.bind(asked), asked._onReject.bind(asked)];
  let waiting: number[] = [];
  let underWay = 0;
  asked._requestPieces = () => {
    if (!asked._fetching) return;
    asked.metadata = new Uint8Array(asked._metadataSize);
    waiting = Array.from({ length: asked._numPieces }, (_, piece) => piece);
    underWay = 0;
    askMore();
  };
  asked._onData = (piece, bytes, size) => {
    underWay -= 1;
    onData(piece, bytes, size);
    askMore();
  };
  asked._onReject = (piece) => {
    clock.after(rest, () => onReject(piece));
  };
  asked.setMetadata = async (info) => {
    if (createHash('sha1').update(info).digest('hex') !== infoHash) return false;
    asked._fetching = false;
    onInfo(info);
    return true;
  };
  const askMore = () => {
    while (asked._fetching && underWay < mostAsked) {
      const piece = waiting.shift();
      if (piece === undefined) return;
      underWay += 1;
      asked._request(piece);
    }
  };
}
