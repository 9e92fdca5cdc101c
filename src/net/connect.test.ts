import assert from 'node:assert/strict';
import net from 'node:net';
import { after, test } from 'node:test';
import { type Authority, type Certificate, makeAuthority } from '../../test/support/certificate.ts';
import { startFaultServer } from '../../test/support/fault-server.ts';
import { httpSource } from '../../test/support/http-bench.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { needs } from '../../test/support/needs.ts';
import { Failure, type FailureClass } from '../downloads/failure.ts';
import { systemClock } from '../time/clock.ts';
import { connect, trustFrom } from './connect.ts';
import { connectFailure } from './connect-failure.ts';
import { get } from './get.ts';
import { ConnectionPool } from './pool.ts';

const options = { clock: systemClock, timeout: 10_000 };

function fails(run: Promise<unknown>, failureClass: FailureClass, text: RegExp): Promise<void> {
  return assert.rejects(run, (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.class, failureClass, error.message);
    assert.match(error.message, text);
    return true;
  });
}

test('a host name with two families reaches the one that answers', async (context) => {
  const server = await startFaultServer();
  context.after(() => server.close());
  const wire = await connect({ host: 'localhost', port: server.port, secure: false }, options);
  assert.equal(wire.alive, true);
  wire.destroy();
  assert.equal(wire.alive, false);
});

test('a port where nobody listens refuses, in one sentence', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await fails(
    connect({ host: '127.0.0.1', port, secure: false }, options),
    'network',
    /^127\.0\.0\.1:\d+ refuses connections$/,
  );
  await fails(connect({ host: '::1', port, secure: false }, options), 'network', /^\[::1\]:\d+ refuses/);
});

test('a connection that does not come about in time is given up', async (context) => {
  const silent = net.createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  context.after(() => silent.close());
  const { port } = silent.address() as net.AddressInfo;
  const clock = manualClock();
  const trying = connect({ host: '127.0.0.1', port, secure: true }, { clock, timeout: 10_000 });
  const end = fails(trying, 'network', /within 10 s/);
  await clock.advance(10_000);
  await end;
});

test('an abort ends it with its reason', async (context) => {
  const server = await startFaultServer();
  context.after(() => server.close());
  const reason = new Error('enough');
  const controller = new AbortController();
  const trying = connect(
    { host: '127.0.0.1', port: server.port, secure: true },
    { ...options, signal: controller.signal },
  );
  controller.abort(reason);
  await assert.rejects(trying, (error) => error === reason);
});

test('every way in which no connection comes about has its class', () => {
  const failure = (code: string): Failure => connectFailure(Object.assign(new Error('x'), { code }), 'a.example:443');
  const rows: readonly [string, FailureClass, RegExp][] = [
    ['ENOTFOUND', 'link', /no host named a\.example;/],
    ['EAI_AGAIN', 'offline', /cannot be looked up/],
    ['ENETUNREACH', 'offline', /cannot be reached/],
    ['EHOSTUNREACH', 'offline', /cannot be reached/],
    ['ECONNREFUSED', 'network', /a\.example:443 refuses/],
    ['ETIMEDOUT', 'network', /does not answer/],
    ['ECONNRESET', 'network', /broke the connection/],
    ['CERT_HAS_EXPIRED', 'tls', /certificate of a\.example:443 has expired/],
    ['CERT_SOMETHING_NEW', 'tls', /CERT_SOMETHING_NEW/],
    ['EPROTO', 'tls', /no secure connection/],
    ['ESOMETHING', 'network', /no connection/],
  ];
  for (const [code, failureClass, text] of rows) {
    assert.equal(failure(code).class, failureClass, code);
    assert.match(failure(code).message, text);
  }
});

test('of several addresses the one that answered tells more than one without a route', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code });
  const both = new AggregateError([error('ENETUNREACH'), error('ECONNREFUSED')]);
  assert.match(connectFailure(both, 'a:80').message, /refuses/);
  assert.equal(
    connectFailure(new AggregateError([error('ENETUNREACH'), error('EHOSTUNREACH')]), 'a:80').class,
    'offline',
  );
});

test('a file without certificates is refused as such', () => {
  assert.throws(() => trustFrom('hello'), /contains no certificate/);
  assert.throws(() => trustFrom('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), /damaged/);
});

const openssl = needs('openssl');
let authority: Authority | undefined;
after(() => authority?.remove());

/** Asks a TLS server with `certificate`, trusting our authority unless told otherwise. */
async function ask(
  certificate: (authority: Authority) => Certificate,
  host = '127.0.0.1',
  trusted = true,
): Promise<unknown> {
  authority ??= makeAuthority();
  const server = await startFaultServer({ certificate: certificate(authority), body: Buffer.from('x') });
  const source = httpSource(trusted ? { ca_file: authority.caFile } : {});
  try {
    const link = `https://${host}:${server.port}/file.bin`;
    return await source.resolve({ link, options: {}, directory: '/' }, new AbortController().signal);
  } finally {
    await source.close();
    await server.close();
  }
}

test('a certificate that holds is accepted, by name and by address', openssl, async () => {
  assert.ok(await ask((ca) => ca.issue('IP:127.0.0.1')));
  assert.ok(await ask((ca) => ca.issue('DNS:localhost'), 'localhost'));
});

test('a certificate that does not hold is refused: whose, and why', openssl, async () => {
  await fails(
    ask((ca) => ca.issue('IP:127.0.0.1'), '127.0.0.1', false),
    'tls',
    /127\.0\.0\.1:\d+ is signed by an authority that is not (known|trusted) here/,
  );
  await fails(
    ask((ca) => ca.issue('DNS:other.example')),
    'tls',
    /belongs to another host \(.*other\.example/,
  );
  await fails(
    ask((ca) => ca.issue('IP:127.0.0.1'), 'localhost'),
    'tls',
    /belongs to another host/,
  );
  await fails(
    ask((ca) => ca.issue('IP:127.0.0.1', -1)),
    'tls',
    /has expired/,
  );
});

test('https on a port that speaks plain http is said', openssl, async (context) => {
  const server = await startFaultServer({ script: () => ({ do: 'raw', text: 'HTTP/1.1 400 Bad Request\r\n\r\n' }) });
  const plain = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  context.after(async () => {
    plain.close();
    await server.close();
  });
  const { port } = plain.address() as net.AddressInfo;
  await fails(connect({ host: '127.0.0.1', port, secure: true }, options), 'tls', /http:\/\//);
});

test('a ca_file that is not there is named', async () => {
  const source = httpSource({ ca_file: '/nowhere/ca.pem' });
  const asking = source.resolve(
    { link: 'https://127.0.0.1:1/', options: {}, directory: '/' },
    new AbortController().signal,
  );
  await fails(asking, 'tls', /\/nowhere\/ca\.pem.*does not exist/);
  await source.close();
});

test('a request that is given up before it is sent leaves no connection behind', {
  timeout: 10_000,
}, async (context) => {
  const server = await startFaultServer({ body: Buffer.from('x') });
  context.after(() => server.close());
  const pool = new ConnectionPool({
    clock: systemClock,
    connectTimeout: 10_000,
    trust: async () => trustFrom(undefined),
  });
  const url = new URL(server.url);
  const rules = { mostHops: 1, allowDowngrade: false };
  const ways = { pool, clock: systemClock, headersTimeout: 10_000, redirects: rules };
  const { exchange } = await get(url, () => [], ways);
  await new Promise<void>((end) => exchange.read({ bytes() {}, end: () => end(), fail() {} }));
  const stop = new AbortController();
  const giveUp = () => {
    stop.abort(new Error('enough'));
    return [];
  };
  await assert.rejects(get(url, giveUp, { ...ways, signal: stop.signal }), /enough/);
  await server.untilLeft();
});
