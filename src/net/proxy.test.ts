import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Authority, makeAuthority } from '../../test/support/certificate.ts';
import { startFaultServer } from '../../test/support/fault-server.ts';
import { httpBench, patterned } from '../../test/support/http-bench.ts';
import { needs } from '../../test/support/needs.ts';
import { freePort, startServer } from '../../test/support/servers.ts';
import { Failure } from '../downloads/failure.ts';
import { parseProxy } from './proxy.ts';

const bytes = patterned(2 << 20);
let authority: Authority | undefined;
after(() => authority?.remove());

async function tinyproxy(context: TestContext, more = ''): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-proxy-'));
  const port = await freePort();
  const config = join(folder, 'tinyproxy.conf');
  await writeFile(
    config,
    `Port ${port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nDisableViaHeader Yes\n${more}\n`,
  );
  const server = await startServer('tinyproxy', port, ['-d', '-c', config]);
  context.after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return port;
}

async function microsocks(context: TestContext, ...args: readonly string[]): Promise<number> {
  const port = await freePort();
  const server = await startServer('microsocks', port, ['-i', '127.0.0.1', '-p', String(port), ...args]);
  context.after(() => server.stop());
  return port;
}

async function webServer(context: TestContext, secure: boolean) {
  authority ??= makeAuthority();
  const server = await startFaultServer({
    body: bytes,
    ...(secure ? { certificate: authority.issue('IP:127.0.0.1') } : {}),
  });
  context.after(() => server.close());
  return { server, config: secure ? { ca_file: authority.caFile } : {} };
}

/** Downloads through the proxy and compares every byte. */
async function fetchedThrough(context: TestContext, proxy: string, secure: boolean): Promise<void> {
  const { server, config } = await webServer(context, secure);
  const bench = await httpBench(context, { ...config, proxy });
  const file = await bench.run(`${server.url}/file.bin`);
  assert.equal(file.size, bytes.length);
  assert.ok((await bench.content()).equals(bytes));
}

async function refusedThrough(context: TestContext, proxy: string, secure: boolean): Promise<Failure> {
  const { server, config } = await webServer(context, secure);
  const bench = await httpBench(context, { ...config, proxy });
  try {
    await bench.run(`${server.url}/file.bin`);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2/);
    return error;
  }
  throw new Error('it was not refused');
}

const http = needs('tinyproxy', 'openssl');
const socks = needs('microsocks', 'openssl');

test('through an HTTP proxy: plain links by their absolute form, https by CONNECT', http, async (context) => {
  const port = await tinyproxy(context);
  await fetchedThrough(context, `http://127.0.0.1:${port}`, false);
  await fetchedThrough(context, `http://127.0.0.1:${port}`, true);
});

test('through a SOCKS5 proxy: plain and https, with a user name and without', socks, async (context) => {
  const open = await microsocks(context);
  const closed = await microsocks(context, '-u', 'me', '-P', 'hunter2');
  for (const secure of [false, true]) {
    await fetchedThrough(context, `socks5://127.0.0.1:${open}`, secure);
    await fetchedThrough(context, `socks5h://me:hunter2@127.0.0.1:${closed}`, secure);
  }
});

test('an HTTP proxy that wants a user name gets it, and says so when it is wrong', http, async (context) => {
  const port = await tinyproxy(context, 'BasicAuth me hunter2');
  for (const secure of [false, true]) {
    await fetchedThrough(context, `http://me:hunter2@127.0.0.1:${port}`, secure);
    const without = await refusedThrough(context, `http://127.0.0.1:${port}`, secure);
    assert.match(without.message, /proxy .*wants a user name and password/);
    assert.equal(without.class, 'refused');
  }
});

test('a SOCKS5 proxy refuses a wrong password, and it was the proxy', socks, async (context) => {
  const port = await microsocks(context, '-u', 'me', '-P', 'right');
  const failure = await refusedThrough(context, `socks5://me:hunter2@127.0.0.1:${port}`, false);
  assert.match(failure.message, /the proxy 127\.0\.0\.1:\d+ refuses this user name and password/);
});

test('a proxy that is not there, is none, or knows no way is named; it is tried again', http, async (context) => {
  const nobody = await freePort();
  for (const scheme of ['http', 'socks5']) {
    for (const secure of [false, true]) {
      const failure = await refusedThrough(context, `${scheme}://me:hunter2@127.0.0.1:${nobody}`, secure);
      assert.match(failure.message, /the proxy cannot be used: 127\.0\.0\.1:\d+ refuses connections/);
      assert.equal(failure.retry.when, 'now');
    }
  }
  const nonsense = net.createServer((socket) => socket.end('220 hello\r\n'));
  await new Promise<void>((resolve) => nonsense.listen(0, '127.0.0.1', resolve));
  context.after(() => nonsense.close());
  const { port } = nonsense.address() as net.AddressInfo;
  assert.match(
    (await refusedThrough(context, `http://127.0.0.1:${port}`, true)).message,
    /proxy .* does not answer as one/,
  );
  assert.match(
    (await refusedThrough(context, `socks5://127.0.0.1:${port}`, true)).message,
    /does not answer as a SOCKS5/,
  );
});

test('a certificate is judged behind a proxy as without one', http, async (context) => {
  const port = await tinyproxy(context);
  const { server } = await webServer(context, true);
  const bench = await httpBench(context, { proxy: `http://127.0.0.1:${port}` });
  await assert.rejects(bench.run(`${server.url}/x`), (error: Failure) => error.class === 'tls');
});

test('a proxy of the environment is never used', async (context) => {
  const { server } = await webServer(context, false);
  process.env.http_proxy = 'http://127.0.0.1:9';
  context.after(() => delete process.env.http_proxy);
  const bench = await httpBench(context);
  assert.equal((await bench.run(`${server.url}/file.bin`)).size, bytes.length);
});

test('a malformed proxy is refused in one sentence without its text', () => {
  for (const text of [
    '',
    'hunter2',
    'hunter2:80',
    'ftp://hunter2',
    'http://',
    'http://hunter2/path',
    'socks4://hunter2',
    'https://me:hunter2@h',
    'http://h:0/?hunter2',
  ])
    assert.throws(
      () => parseProxy(text),
      (error) => error instanceof Failure && !error.message.includes('hunter2'),
      text,
    );
  assert.deepEqual(parseProxy('http://me:a%40b@proxy'), {
    kind: 'http',
    host: 'proxy',
    port: 8080,
    user: 'me',
    password: 'a@b',
  });
  assert.deepEqual(parseProxy('socks5h://[::1]:9050/'), { kind: 'socks5', host: '::1', port: 9050 });
  assert.deepEqual(parseProxy('http://proxy:80'), { kind: 'http', host: 'proxy', port: 80 });
  assert.equal(parseProxy(' none '), undefined);
});

test('whatever text is given, a proxy is read or refused in one sentence', () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('http://', 'socks5://', 'socks5h://'), fc.webAuthority()).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (proxy) => {
      try {
        const read = parseProxy(proxy);
        assert.ok(read === undefined || (read.port > 0 && read.host !== ''));
      } catch (error) {
        assert.ok(error instanceof Failure);
      }
    }),
  );
});
