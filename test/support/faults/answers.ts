import type { Behaviour, RecordedRequest } from '../fault-replies.ts';
import type { Script } from '../fault-server.ts';
import { always, type FaultScript, fault, first, onResume, type Play, serve, startOf } from './script.ts';
import { fileSize } from './versions.ts';

const status = (code: number, ...headers: readonly string[]): Behaviour => ({ do: 'status', status: code, headers });

/** Statuses, at the first request or only where it goes on. */
export const statuses: readonly FaultScript[] = [
  fault('404', '404 to everything', () => always(status(404)), { ends: ['refused'] }),
  fault('403', '403 to everything', () => always(status(403)), { ends: ['refused'] }),
  fault('403-on-resume', '403 to all but the first request', () => onResume(status(403)), {
    ends: ['right', 'refused'],
  }),
  fault('403-once-on-resume', '403 to the second request', () => onResume(first(status(403))), {
    ends: ['right', 'refused'],
  }),
  fault('500', '500 to everything', () => always(status(500)), { ends: ['server'] }),
  fault('500-once', '500 to the first request', () => first(status(500))),
  fault('500-once-on-resume', '500 to the second request', () => onResume(first(status(500)))),
  fault(
    '502-often',
    '502 to two requests of three',
    () => (request) => (request.number % 3 === 0 ? serve : status(502)),
    {
      ends: ['right', 'server'],
    },
  ),
  fault('503-once', '503 to the first request', () => first(status(503))),
  fault('503-retry-after', '503 with Retry-After: 1, once', () => first(status(503, 'Retry-After: 1'))),
  fault('429-retry-after', '429 with Retry-After: 1, once', () => first(status(429, 'Retry-After: 1'))),
  fault('429-retry-after-date', '429 with the date in a second as Retry-After, once', () =>
    first(status(429, `Retry-After: ${new Date(Date.now() + 1000).toUTCString()}`)),
  ),
  fault('429-for-an-hour', '429 with Retry-After: 3600', () => always(status(429, 'Retry-After: 3600')), {
    ends: ['rate_limit'],
  }),
  fault('509', '509: the bandwidth is used up', () => always(status(509)), { ends: ['quota'] }),
  fault('509-on-resume', '509 to all but the first request', () => onResume(status(509)), { ends: ['right', 'quota'] }),
  fault('304-on-resume', '304 to whoever asks for the rest', () => onResume(rest(status(304))), {
    ends: ['right', 'changed', 'network'],
  }),
  fault('412-on-resume', '412 to whoever asks for the rest', () => onResume(rest(status(412))), {
    ends: ['right', 'changed', 'network'],
  }),
  fault(
    '416-on-resume',
    '416 to whoever asks for the rest',
    () => onResume(rest(status(416, `Content-Range: bytes */${fileSize}`))),
    {
      ends: ['right', 'changed', 'network', 'protocol'],
    },
  ),
  fault('204', '204: no content', () => always({ do: 'raw', text: 'HTTP/1.1 204 No Content\r\n\r\n' }), {
    ends: ['server'],
  }),
];

/** Pages where a file was expected. */
export const pages: readonly FaultScript[] = [
  fault('login-page', 'a login page with 200', () => always({ do: 'page' }), { ends: ['suspect'] }),
  fault(
    'login-page-as-file',
    'a login page with 200, declared as a file',
    () => always({ do: 'page', type: 'application/octet-stream' }),
    {
      ends: ['suspect'],
    },
  ),
  fault('login-page-on-resume', 'a login page with 200 to whoever asks for the rest', () => onResume({ do: 'page' }), {
    ends: ['right', 'suspect'],
  }),
  fault(
    'login-page-as-file-on-resume',
    'the same, declared as a file',
    () => onResume({ do: 'page', type: 'application/octet-stream' }),
    {
      ends: ['right', 'suspect', 'changed', 'network'],
    },
  ),
  fault(
    'login-page-sometimes',
    'a login page to every third request; the first is cut',
    () => onResume((request) => (request.number % 3 === 0 ? { do: 'page' } : serve)),
    { ends: ['right', 'suspect'] },
  ),
  fault(
    'login-page-redirect',
    'a redirect to a login page',
    () => (request) => (request.target === '/login' ? { do: 'page' } : { do: 'redirect', to: '/login' }),
    { ends: ['suspect'] },
  ),
];

/** Redirects. */
export const redirects: readonly FaultScript[] = [
  fault('redirects', 'five redirects on the way', () => along(5, always(serve))),
  fault('redirects-cut', 'five redirects on the way; the first answer is cut', () => along(5, onResume(serve))),
  fault(
    'redirect-loop',
    'a redirect in a circle',
    () => (request) => ({ do: 'redirect', to: request.target === '/file.bin' ? '/a/file.bin' : '/file.bin' }),
    {
      ends: ['refused'],
    },
  ),
  fault('redirect-nowhere', 'a redirect without a target', () => always({ do: 'status', status: 302 }), {
    ends: ['protocol', 'refused'],
  }),
  fault('target-works-once', 'the target of the redirect works once, then 403; the link gives a new one', () =>
    expiring(1),
  ),
  fault(
    'target-works-twice',
    'the target works for two requests that are cut, then 403; the link gives a new one',
    () => expiring(2, { do: 'cut', after: 2_000_000 }),
  ),
  fault(
    'target-changes',
    'after the first answer was cut the link leads to another file',
    ({ versions }) => {
      const file = onResume({ do: 'serve', as: versions.B });
      let asked = 0;
      return (request) => {
        if (request.target !== '/file.bin') return file(request);
        asked += 1;
        return { do: 'redirect', to: `/${asked}/file.bin` };
      };
    },
    { has: ['A', 'B'], ends: ['right', 'changed', 'network'] },
  ),
];

/** Servers that do not want many connections, and certificates. */
export const refusals: readonly FaultScript[] = [
  fault('one-connection', 'a second connection is reset at once', ({ server }) => atMost(server, 1)),
  fault('two-connections', 'a third connection is reset at once', ({ server }) => atMost(server, 2)),
  fault('503-beyond-two', '503 to more than two requests at a time', () => beyond(2, status(503))),
  fault('429-beyond-two', '429 with Retry-After: 1 to more than two requests at a time', () =>
    beyond(2, status(429, 'Retry-After: 1')),
  ),
  fault('403-beyond-one', '403 to more than one request at a time', () => beyond(1, status(403)), {
    ends: ['right', 'refused'],
  }),
  fault(
    '403-beyond-one-open',
    '403 to more than one open connection, idle ones counted',
    () => (request) => (request.open > 1 ? status(403) : serve),
    { ends: ['right', 'refused'] },
  ),
  fault('silence-beyond-two', 'more than two requests at a time are never answered', () => beyond(2, { do: 'mute' })),
  fault('page-beyond-two', 'a page with 200 to more than two requests at a time', () => beyond(2, { do: 'page' }), {
    ends: ['right', 'suspect'],
  }),
  fault('certificate-expired', 'the certificate has expired', () => always(serve), {
    secure: 'expired',
    ends: ['tls'],
  }),
  fault('certificate-self-signed', 'the certificate is signed by itself', () => always(serve), {
    secure: 'self-signed',
    ends: ['tls'],
  }),
  fault('certificate-of-another-host', 'the certificate is of another host', () => always(serve), {
    secure: 'of another host',
    ends: ['tls'],
  }),
  fault('tls-cut-once', 'a secure connection ends in the middle, once', () => onResume(serve), { secure: 'good' }),
  fault(
    'tls-reset-each',
    'each secure connection is reset after 2 MB',
    () => always({ do: 'reset', after: 2_000_000 }),
    { secure: 'good' },
  ),
  fault(
    'tls-changed',
    'the file is another one after a cut, over TLS, and the server ignores If-Range',
    ({ versions }) => onResume({ do: 'serve', as: { ...versions.B, ifRange: false } }),
    { secure: 'good', has: ['A', 'B'], ends: ['right', 'changed', 'network'] },
  ),
];

/** A bit of everything, drawn by lot: what comes of it is right, or a failure that says so. */
export const lots: readonly FaultScript[] = [1, 2, 3, 4, 5, 6].map((seed) =>
  fault(`by-lot-${seed}`, `each answer has a fault drawn by lot, number ${seed}`, (play) => byLot(play, seed), {
    has: seed % 2 === 0 ? ['A', 'B'] : ['A'],
    ends: ['right', 'network', 'server', 'protocol', 'changed', 'suspect', 'rate_limit', 'refused'],
    later: 'A',
  }),
);

function byLot({ versions, random }: Play, seed: number): Script {
  const kinds: readonly (() => Behaviour)[] = [
    () => ({ do: 'cut', after: Math.floor(random() * 2_000_000) }),
    () => ({ do: 'reset', after: Math.floor(random() * 2_000_000) }),
    () => ({ do: 'silence', after: Math.floor(random() * 2_000_000) }),
    () => ({ do: 'short', most: 1 + Math.floor(random() * 1_000_000) }),
    () => ({ do: 'early', by: Math.floor(random() * 100_000) }),
    () => ({ do: 'early', by: -Math.floor(random() * 100_000) }),
    () => ({ do: 'total', by: '*' }),
    () => ({ do: 'serve', as: { ranges: false } }),
    () => ({ do: 'serve', as: { etag: null } }),
    () => (seed % 2 === 0 ? { do: 'serve', as: { ...versions.B, ifRange: random() < 0.5 } } : { do: 'hangUp' }),
    () => status(500),
    () => status(429, 'Retry-After: 1'),
    () => ({ do: 'page' }),
    () => ({ do: 'chunked', size: 5000 }),
    () => serve,
    () => serve,
    () => serve,
  ];
  for (let skipped = 0; skipped < seed * 7; skipped += 1) random();
  return () => kinds[Math.floor(random() * kinds.length)]?.() ?? serve;
}

/** Only to requests that do not begin at 0. */
function rest(behaviour: Behaviour): Script {
  return (request) => (startOf(request) > 0 ? behaviour : serve);
}

/** So many redirects before the file. */
function along(hops: number, file: Script): Script {
  return (request) => {
    const hop = Number(/^\/(\d+)\//.exec(request.target)?.[1] ?? 0);
    return hop < hops ? { do: 'redirect', to: `/${hop + 1}/file.bin` } : file(request);
  };
}

/** Each target works for so many requests. */
function expiring(works: number, while_: Behaviour = { do: 'cut', after: 2_000_000 }): Script {
  let targets = 0;
  const used = new Map<string, number>();
  return ({ target }: RecordedRequest) => {
    if (target === '/file.bin') {
      targets += 1;
      return { do: 'redirect', to: `/${targets}/file.bin` };
    }
    const uses = (used.get(target) ?? 0) + 1;
    used.set(target, uses);
    return uses <= works ? while_ : status(403);
  };
}

function atMost(server: Play['server'], connections: number): Script {
  server.acceptAtMost(connections);
  return always(serve);
}

function beyond(requests: number, behaviour: Behaviour): Script {
  return (request) => (request.busy > requests ? behaviour : serve);
}
