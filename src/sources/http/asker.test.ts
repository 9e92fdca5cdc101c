import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type Authority, makeAuthority } from '../../../test/support/certificate.ts';
import { startFaultServer } from '../../../test/support/fault-server.ts';
import { httpSource } from '../../../test/support/http-bench.ts';
import { needs } from '../../../test/support/needs.ts';
import type { Config } from '../../config/config.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { parseFingerprint } from '../../net/fingerprint.ts';

const never = new AbortController().signal;

/** A server that remembers what it was asked with; `/to?LINK` redirects and sets a cookie. */
async function rememberingServer(context: TestContext) {
  const asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, headers: request.headers });
    const target = /^\/to\?(.*)$/.exec(path)?.[1];
    if (target !== undefined) response.writeHead(302, { location: target, 'set-cookie': 'fresh=1; Path=/' }).end();
    else response.writeHead(200, { 'content-length': 1 }).end('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { asked, port, url: `http://127.0.0.1:${port}` };
}

async function folderOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-asker-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function resolve(
  context: TestContext,
  link: string,
  options: DownloadOptions,
  config: Partial<Config['http']> = {},
  hosts: Config['hosts'] = {},
) {
  const source = httpSource(config, { hosts });
  context.after(() => source.close());
  return source.resolve({ link, options, directory: '/' }, never);
}

test('who logs in in vain hears that it was in vain', async (context) => {
  const closed = createServer((_request, response) => response.writeHead(401, { 'content-length': 0 }).end());
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  context.after(() => closed.close());
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/x`;
  await assert.rejects(resolve(context, url, { user: 'ann', password: 'x' }), /refuses this user name or password/);
  await assert.rejects(resolve(context, url, { bearer: 'x' }), /refuses this token/);
  await assert.rejects(resolve(context, url, {}), /wants a user name and password/);
});

test('user agent, referer and a login go with the request', async (context) => {
  const { asked, url } = await rememberingServer(context);
  await resolve(context, `${url}/x`, { userAgent: 'me/1', referer: 'https://from/', user: 'ann', password: 'pä:ss' });
  const { headers } = asked[0] ?? {};
  assert.equal(headers?.['user-agent'], 'me/1');
  assert.equal(headers?.referer, 'https://from/');
  assert.equal(headers?.authorization, `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`);
  await resolve(context, `${url}/x`, { bearer: 'token' });
  assert.equal(asked[1]?.headers.authorization, 'Bearer token');
});

test('cookies of a file go where they belong, those of an answer along the redirects, and nothing elsewhere', async (context) => {
  const { asked, url, port } = await rememberingServer(context);
  const cookieFile = join(await folderOf(context), 'cookies.txt');
  await writeFile(cookieFile, '127.0.0.1\tFALSE\t/to\tFALSE\t0\tmine\t1\nother.example\tTRUE\t/\tFALSE\t0\tno\t1\n');
  await resolve(context, `${url}/to?${url}/x`, { cookieFile });
  assert.deepEqual(
    asked.map(({ headers }) => headers.cookie),
    ['mine=1', 'fresh=1'],
  );
  await resolve(context, `${url}/to?http://localhost:${port}/x`, { cookieFile });
  assert.equal(asked[3]?.headers.cookie, undefined);
});

test('a netrc file is asked only where it is allowed to, for the host that is asked', async (context) => {
  const { asked, url } = await rememberingServer(context);
  const netrc = join(await folderOf(context), 'netrc');
  await writeFile(netrc, 'machine 127.0.0.1 login ann password x\n');
  await resolve(context, `${url}/x`, {});
  await resolve(context, `${url}/x`, { netrcFile: netrc });
  await resolve(context, `${url}/x`, {}, { netrc });
  const answers = asked.map(({ headers }) => headers.authorization);
  const basic = `Basic ${Buffer.from('ann:x').toString('base64')}`;
  assert.deepEqual(answers, [undefined, basic, basic]);
});

test('a file that is gone or is no cookie file is named', async (context) => {
  const { url } = await rememberingServer(context);
  const folder = await folderOf(context);
  const failsWith = (text: RegExp) => (error: unknown) =>
    error instanceof Failure && error.class === 'link' && text.test(error.message);
  await assert.rejects(
    resolve(context, url, { cookieFile: join(folder, 'no') }),
    failsWith(/cookie file .*no does not exist/),
  );
  await assert.rejects(
    resolve(context, url, { netrcFile: join(folder, 'no') }),
    failsWith(/netrc file .*no does not exist/),
  );
});

test('what the configuration says of a host holds for it alone, also where a redirect leads to it', async (context) => {
  const { asked, url, port } = await rememberingServer(context);
  const hosts = {
    localhost: { headers: ['X-Key: k'], user_agent: 'for/{version}', referer: 'https://r/' },
    '127.0.0.1:1': { user_agent: 'no' },
  };
  const options = { headers: ['X-Own: o'] };
  await resolve(context, `${url}/to?http://localhost:${port}/x`, options, { headers: ['X-All: a'] }, hosts);
  const [first, second] = asked.map(({ headers }) => headers);
  assert.deepEqual([first?.['x-key'], first?.['x-own'], first?.['x-all']], [undefined, 'o', 'a']);
  assert.equal(first?.['user-agent'], 'longhaul/test');
  assert.deepEqual([second?.['x-key'], second?.['x-own'], second?.['x-all']], ['k', undefined, undefined]);
  assert.match(second?.['user-agent'] ?? '', /^for\/\d/);
  assert.equal(second?.referer, 'https://r/');
});

const openssl = needs('openssl');
let authority: Authority | undefined;
after(() => authority?.remove());

test(
  'a certificate that does not hold tells its key, and pinned exactly that key is believed',
  openssl,
  async (context) => {
    authority ??= makeAuthority();
    const server = await startFaultServer({
      certificate: authority.selfSigned('DNS:other.example'),
      body: Buffer.from('x'),
    });
    const another = await startFaultServer({ certificate: authority.issue('IP:127.0.0.1'), body: Buffer.from('x') });
    context.after(() => Promise.all([server.close(), another.close()]));
    const link = `https://127.0.0.1:${server.port}/x`;
    const refused: unknown = await resolve(context, link, {}).catch((error: unknown) => error);
    assert.ok(refused instanceof Failure && refused.class === 'tls');
    const [, fingerprint = '', key = '', copied = ''] =
      /--fingerprint (\S+), or in the configuration hosts: \{ "(.+?)": \{ fingerprint: "(.+?)" \} \}/.exec(
        refused.message,
      ) ?? [];
    assert.equal(fingerprint, copied);
    assert.equal(parseFingerprint(fingerprint), fingerprint);
    assert.equal((await resolve(context, link, { fingerprint })).totalBytes, 1);
    assert.equal((await resolve(context, link, {}, {}, { [key]: { fingerprint } })).totalBytes, 1);
    const other = `https://127.0.0.1:${another.port}/x`;
    const wrong: unknown = await resolve(context, other, { fingerprint }, { ca_file: authority.caFile }).catch(
      (error: unknown) => error,
    );
    assert.ok(wrong instanceof Failure && wrong.class === 'tls', 'the pin counts, also where the certificate holds');
    assert.match(wrong.message, /shows the key sha256\/\S+, which is not the pinned one/);
  },
);

test('an authority of its own holds for one host only', openssl, async (context) => {
  authority ??= makeAuthority();
  const server = await startFaultServer({
    certificate: authority.issue('IP:127.0.0.1,DNS:localhost'),
    body: Buffer.from('x'),
  });
  context.after(() => server.close());
  const hosts = { '127.0.0.1': { ca_file: authority.caFile } };
  assert.equal((await resolve(context, `https://127.0.0.1:${server.port}/x`, {}, {}, hosts)).totalBytes, 1);
  await assert.rejects(resolve(context, `https://localhost:${server.port}/x`, {}, {}, hosts), /authority that is not/);
});

test('a fingerprint is read in the forms of browsers, curl and OpenSSH', () => {
  const base64 = `${'A'.repeat(42)}8`;
  for (const text of [`sha256/${base64}=`, `sha256//${base64}=`, `SHA256:${base64}`]) {
    assert.equal(parseFingerprint(text), `sha256/${base64}=`);
  }
  for (const text of ['', 'sha256/', 'sha1/AAAA', `sha256/${base64}AA`, 'md5:aa:bb'])
    assert.throws(() => parseFingerprint(text), /sha256\/ and 43 characters/);
});

test('a file of another size than was announced is refused before it is fetched', async (context) => {
  const { url } = await rememberingServer(context);
  assert.equal((await resolve(context, `${url}/x`, { size: 1 })).totalBytes, 1);
  await assert.rejects(resolve(context, `${url}/x`, { size: 2 }), /has a file of 1 bytes where 2 were announced/);
});

test('the default of a netrc file is not for a host that a redirect chose', async (context) => {
  const [one, two] = [await rememberingServer(context), await rememberingServer(context)];
  const netrcFile = join(await folderOf(context), 'netrc');
  await writeFile(netrcFile, 'default login me password secret\n', { mode: 0o600 });
  await resolve(context, `${one.url}/to?${two.url}/x`, { netrcFile });
  assert.ok(one.asked[0]?.headers.authorization);
  assert.equal(two.asked[0]?.headers.authorization, undefined);
});

test('a pinned key is never taken for shown where nobody shows one', async (context) => {
  const server = await rememberingServer(context);
  const fingerprint = `sha256/${'A'.repeat(43)}=`;
  await assert.rejects(resolve(context, `${server.url}/x`, { fingerprint }), /begin the link with https/);
  assert.equal(server.asked.length, 0);
});
