import { always, type FaultScript, fault, first, middle, onRange, onResume, serve, startOf } from './script.ts';
import { fileSize } from './versions.ts';

/** Lengths that do not hold, and bodies that say themselves where they end. */
export const lengths: readonly FaultScript[] = [
  fault(
    'length-too-long',
    'each answer announces 1000 bytes more than it sends',
    () => (request) => ({ do: 'length', announce: fileSize - startOf(request) + 1000 }),
    { ends: ['right', 'network', 'protocol', 'changed'] },
  ),
  fault(
    'length-too-long-once',
    'the first answer announces 1000 bytes more than it sends',
    () => first({ do: 'length', announce: fileSize + 1000 }),
    { ends: ['right', 'network', 'changed'] },
  ),
  fault(
    'length-too-short',
    'each answer announces 100 kB less than it sends',
    () => (request) => ({ do: 'length', announce: Math.max(1, fileSize - startOf(request) - 100_000) }),
    { ends: ['protocol', 'changed', 'network'] },
  ),
  fault('excess-once', '500 bytes follow the announced end, once', () => first({ do: 'excess', bytes: 500 }), {
    ends: ['right', 'protocol'],
  }),
  fault('excess-each', '500 bytes follow the announced end, each time', () => always({ do: 'excess', bytes: 500 }), {
    ends: ['right', 'protocol'],
  }),
  fault(
    'two-lengths',
    'two lengths that contradict each other',
    () => always({ do: 'serve', as: { headers: ['Content-Length: 100000'] } }),
    {
      ends: ['protocol'],
    },
  ),
  fault('no-number-length', 'a length that is no number', () => always({ do: 'length', announce: '-5' }), {
    ends: ['protocol'],
  }),
  fault(
    'lengths-differ',
    'the whole has one length, its ranges are of a file that is 7 bytes longer',
    () => onResume(onRange({ do: 'total', by: 7 })),
    { ends: ['right', 'changed', 'protocol', 'network'] },
  ),
  fault('chunked', 'chunks in place of a length', () => always({ do: 'chunked', size: 70_000 })),
  fault('chunked-cut-once', 'chunks that end early, once', () => first({ do: 'chunked', size: 70_000, after: middle })),
  fault(
    'chunked-cut-each',
    'chunks that end early each time, from a server without ranges',
    () => always({ do: 'chunked', size: 70_000, after: middle }),
    { claims: { ranges: false }, ends: ['network'] },
  ),
  fault(
    'chunked-garbage',
    'chunks whose sizes are no numbers',
    () =>
      always({
        do: 'raw',
        text: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno number\r\nhello\r\n0\r\n\r\n`,
      }),
    { ends: ['protocol'] },
  ),
  fault('until-close', 'no length: the end of the connection is the end of the file', () => always({ do: 'close' })),
  fault('until-close-reset', 'no length, and the connection is reset in the middle, once', () =>
    first({ do: 'close', after: middle, reset: true }),
  ),
  fault('gzip', 'compressed although the plain file was asked for', () => always({ do: 'gzip' })),
  fault(
    'gzip-cut-once',
    'compressed although the plain file was asked for, and cut, once',
    () => first({ do: 'gzip', after: middle }, { do: 'gzip' }),
    { ends: ['right', 'network', 'protocol', 'changed'] },
  ),
  fault('gzip-on-resume', 'the rest comes compressed, and from the beginning', () => onResume({ do: 'gzip' }), {
    ends: ['right', 'changed', 'network'],
  }),
  fault('not-http', 'an SSH server', () => always({ do: 'raw', text: 'SSH-2.0-OpenSSH_9\r\n' }), {
    ends: ['protocol'],
  }),
  fault(
    'endless-head',
    'a head of 4 MB',
    () =>
      always({
        do: 'raw',
        text: `HTTP/1.1 200 OK\r\n${'X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n'.repeat(80_000)}`,
      }),
    { ends: ['protocol'] },
  ),
  fault('good', 'nothing: a server as it should be', () => always(serve)),
];
