import type { Behaviour } from '../fault-replies.ts';
import { always, type FaultScript, fault, first, middle, serve, times } from './script.ts';
import { fileSize } from './versions.ts';

const netOnly = { ends: ['network'] } as const;
const cut: Behaviour = { do: 'cut', after: middle };

/** Connections that end too early, stall, or never begin. */
export const breaks: readonly FaultScript[] = [
  fault('cut-once', 'the connection ends in the middle, once', () => first(cut)),
  fault('cut-each', 'each connection ends after 900 kB', () => always(cut)),
  fault(
    'cut-at-the-head',
    'each connection ends right behind the head of the answer',
    () => always({ do: 'cut', after: 0 }),
    netOnly,
  ),
  fault('cut-one-byte-short', 'the connection ends one byte before the end of the file', () =>
    first({ do: 'cut', after: fileSize - 1 }),
  ),
  fault('reset-once', 'the connection is reset in the middle, once', () => first({ do: 'reset', after: middle })),
  fault('reset-each', 'each connection is reset after 900 kB', () => always({ do: 'reset', after: middle })),
  fault('silence-once', 'a connection stays open and says nothing more, once', () =>
    first({ do: 'silence', after: middle }),
  ),
  fault('silence-each', 'each connection says nothing more after 900 kB', () =>
    always({ do: 'silence', after: middle }),
  ),
  fault(
    'silence-behind-the-head',
    'each answer is a head, and then nothing',
    () => always({ do: 'silence', after: 0 }),
    netOnly,
  ),
  fault('no-answer', 'the request is taken and never answered', () => always({ do: 'mute' }), netOnly),
  fault('no-answer-on-resume', 'the first connection is cut, and the next two requests are never answered', () =>
    times(1, cut, times(2, { do: 'mute' })),
  ),
  fault('hangs-up', 'the first two connections are closed without a word', () => times(2, { do: 'hangUp' }), {
    ends: ['right', 'network'],
  }),
  fault('head-stops', 'the answer stops within its head', () => always({ do: 'slowHead' }), netOnly),
  fault('head-late', 'each head takes half a second', () => always({ do: 'serve', delay: 500 })),
  fault('trickle', 'from the middle on one byte a second comes, on the first connection', () =>
    first({ do: 'trickle', after: middle, rate: 1 }),
  ),
  fault('trickle-each', 'from the middle on one byte a second comes, on each connection', () =>
    always({ do: 'trickle', after: middle, rate: 1 }),
  ),
  fault('trickle-then-silence', 'ten bytes a second from the middle on, and after a second of it nothing more', () =>
    first({ do: 'trickle', after: middle, rate: 10, silentAfter: 10 }),
  ),
  fault('restart', 'the server goes away for half a second in the middle', ({ server }) => restartOnce(server), {
    ends: ['right', 'network'],
  }),
  fault(
    'away-at-first',
    'nobody listens for the first half second',
    ({ server }) => {
      void server.down().then(() => setTimeout(() => void server.up(), 500));
      return always(serve);
    },
    { ends: ['right', 'network'] },
  ),
];

function restartOnce(server: Parameters<FaultScript['play']>[0]['server']) {
  let down = false;
  const until = (): boolean => {
    if (down || server.sent < 2 * middle) return false;
    down = true;
    void server.down().then(() => setTimeout(() => void server.up(), 500));
    return true;
  };
  return always({ do: 'serve', until });
}
