import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sourceContract } from '../../../test/contract/source.ts';
import { fetchWhole } from '../../../test/support/fetch-whole.ts';
import { startVsftpd } from '../../../test/support/file-servers.ts';
import { patterned } from '../../../test/support/http-bench.ts';
import { needs } from '../../../test/support/needs.ts';
import { freePort } from '../../../test/support/servers.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { silentLog } from '../../log/log.ts';
import { systemClock } from '../../time/clock.ts';
import { ftpBytes } from './ftp-client.ts';
import { createFtpSource } from './ftp-source.ts';
import { createFtpThreads } from './ftp-threads.ts';

const bytes = patterned(3 << 20);
const never = new AbortController().signal;
const parts = { config: defaults, clock: systemClock, disk: realDisk, log: silentLog };
const create = () => createFtpSource(parts);
const vsftpd = needs('vsftpd');

if (!vsftpd.skip) {
  sourceContract('ftp', async () => {
    const server = await startVsftpd();
    await writeFile(join(server.root, 'file.bin'), bytes);
    return {
      create,
      link: `ftp://127.0.0.1:${server.port}/file.bin`,
      bytes,
      malformed: 'ftp://',
      foreign: 'https://example.com/file',
      stallAfter: server.stallAfter,
      dispose: server.stop,
    };
  });
}

async function served(context: TestContext) {
  const server = await startVsftpd();
  context.after(() => server.stop());
  const source = create();
  return {
    server,
    resolve: (path: string, options = {}) =>
      source.resolve({ link: `ftp://127.0.0.1:${server.port}${path}`, options, directory: '/' }, never),
  };
}

const failsWith = (failureClass: string, text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass && text.test(error.message);

test('a file that is there no more, or is none, or a login that fails, is told', vsftpd, async (context) => {
  const { resolve } = await served(context);
  await assert.rejects(resolve('/no.bin'), failsWith('refused', /no such file/));
  const closed = createServer((socket) => {
    socket.write('220 hello\r\n');
    socket.on('data', (line) => socket.write(String(line).startsWith('USER') ? '331 and?\r\n' : '530 no hunter2\r\n'));
  });
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  context.after(() => closed.close());
  const { port } = closed.address() as AddressInfo;
  await assert.rejects(
    create().resolve({ link: `ftp://me:hunter2@127.0.0.1:${port}/x`, options: {}, directory: '/' }, never),
    (error) => failsWith('refused', /refuses this user name or password/)(error) && !String(error).includes('hunter2'),
  );
  const nobody = await freePort();
  await assert.rejects(
    create().resolve({ link: `ftp://127.0.0.1:${nobody}/x`, options: {}, directory: '/' }, never),
    failsWith('network', /refuses connections/),
  );
});

test(
  'it comes in a thread of its own as well, which writes nothing past the end of its lease',
  vsftpd,
  async (context) => {
    const { server } = await served(context);
    await writeFile(join(server.root, 'file.bin'), bytes);
    const source = createFtpThreads(parts);
    context.after(() => source.close());
    const link = `ftp://127.0.0.1:${server.port}/file.bin`;
    assert.ok((await fetchWhole(source, link)).equals(bytes));
    await assert.rejects(fetchWhole(source, link, -1), { class: 'lost' });
  },
);

test('a server that ends the session when a transfer begins has broken off, which may pass', async (context) => {
  const answers: Readonly<Record<string, string>> = { USER: '230 in\r\n', TYPE: '200 ok\r\n', SIZE: '213 10\r\n' };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 hello\r\n');
    socket.on('data', (line) => {
      const command = String(line).slice(0, 4);
      if (command === 'EPSV' || command === 'PASV') socket.end();
      else socket.write(answers[command] ?? '500 no\r\n');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const parts = { config: defaults, clock: systemClock, disk: realDisk, log: silentLog };
  const link = { host: '127.0.0.1', port, user: '', password: '', path: '/x' };
  await assert.rejects(
    async () => {
      for await (const _ of ftpBytes(parts, link, {}, 0, never));
    },
    failsWith('network', /:\d+ broke off the connection$/),
  );
});

test('a partial is continued only while size and time of change are the same', vsftpd, async (context) => {
  const { server, resolve } = await served(context);
  const path = join(server.root, 'file name.bin');
  await writeFile(path, bytes);
  await utimes(path, 1_700_000_000, 1_700_000_000);
  const first = await resolve('/file%20name.bin');
  assert.deepEqual(first.resumeToken, { size: bytes.length, modified: 1_700_000_000_000 });
  const source = create();
  const link = `ftp://127.0.0.1:${server.port}/file%20name.bin`;
  const resume = { token: first.resumeToken, durable: [[0, 1000]] as const };
  const again = () => source.resolve({ link, options: {}, directory: '/', resume }, never);
  assert.equal((await again()).continues, true);
  await utimes(path, 1_700_000_001, 1_700_000_001);
  assert.equal((await again()).continues, false);
});

test('through a proxy it does not go, and never silently around it', vsftpd, async (context) => {
  const { resolve } = await served(context);
  await assert.rejects(
    resolve('/x', { proxy: 'socks5://127.0.0.1:1' }),
    failsWith('refused', /cannot go through a proxy/),
  );
});

test('a server that cannot begin in the middle is asked for the whole file the next time', async (context) => {
  const simple = createServer((socket) => {
    const data = createServer((carrier) => carrier.end('all'));
    context.after(() => data.close());
    socket.write('220 hello\r\n');
    socket.on('data', (line) => {
      const command = String(line).slice(0, 4);
      if (command !== 'EPSV') return socket.write(`${answers[command] ?? '200 yes'}\r\n`);
      data.listen(0, '127.0.0.1', () => socket.write(`229 (|||${(data.address() as AddressInfo).port}|)\r\n`));
    });
  });
  const answers: Record<string, string> = {
    USER: '331 and?',
    PASS: '230 in',
    SIZE: '213 100',
    MDTM: '213 20260101000000',
    REST: '502 what?',
    FEAT: '502 what?',
  };
  await new Promise<void>((listening) => simple.listen(0, '127.0.0.1', listening));
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-ftp-'));
  context.after(async () => {
    simple.close();
    await rm(folder, { recursive: true });
  });
  const link = `ftp://127.0.0.1:${(simple.address() as AddressInfo).port}/x`;
  const path = join(folder, 'x.part');
  await realDisk.create(path).close();
  const source = create();
  const manifest = await source.resolve({ link, options: {}, directory: folder }, never);
  const durable = [[0, 50]] as const;
  const transfer = source.fetch({ manifest, options: {}, targets: [{ position: 0, path, size: 100, durable }] });
  await assert.rejects(transfer.done, failsWith('changed', /cannot continue in the middle/));
  await transfer.close();
});

test('the normal form hides who logs in, and what would be a command is refused', () => {
  const { keyOf } = create();
  const digest = createHash('sha256').update('me:hunter2').digest('hex').slice(0, 16);
  assert.equal(keyOf('FTP://me:hunter2@Example.org:21/a%20b;type=i'), `ftp://example.org/a%20b#user-${digest}`);
  assert.equal(keyOf('ftp://example.org:80/x'), 'ftp://example.org:80/x');
  for (const link of ['ftp://h/a%0d%0aDELE%20x', 'ftp://h/', 'ftp://h', 'ftp://h/%zz', 'ftp:///x'])
    assert.throws(() => keyOf(link), failsWith('link', /should look like ftp:\/\//), link);
});
