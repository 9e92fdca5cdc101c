import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { sourceContract } from '../../../test/contract/source.ts';
import { fetchWhole } from '../../../test/support/fetch-whole.ts';
import { type SshServer, startSshd } from '../../../test/support/file-servers.ts';
import { patterned } from '../../../test/support/http-bench.ts';
import { needs } from '../../../test/support/needs.ts';
import { freePort, startServer } from '../../../test/support/servers.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { silentLog } from '../../log/log.ts';
import { systemClock } from '../../time/clock.ts';
import { hostVerdict, knownTypes } from './known-hosts.ts';
import { createSftpSource } from './sftp-source.ts';
import { createSftpThreads } from './sftp-threads.ts';

const bytes = patterned(3 << 20);
const never = new AbortController().signal;
const sshd = needs('sshd', 'ssh-keygen');
let server: SshServer | undefined;
const running = (): SshServer => {
  if (!server) throw new Error('it does not run');
  return server;
};
before(async () => {
  if (sshd.skip) return;
  server = await startSshd();
  await writeFile(join(server.root, 'file.bin'), bytes);
});
after(() => server?.stop());

const known = () => ({ known_hosts: running().knownHosts, key_file: running().keyFile });
const partsWith = (sftp: (typeof defaults)['sftp']) => ({
  config: { ...defaults, sftp },
  ...{ clock: systemClock, disk: realDisk, log: silentLog },
});
const create = (sftp: (typeof defaults)['sftp'] = known()) => createSftpSource(partsWith(sftp));
const link = (path = '/file.bin') => `sftp://${running().user}@127.0.0.1:${running().port}${running().root}${path}`;
const resolve = (source: ReturnType<typeof create>, options = {}, at = link()) =>
  source.resolve({ link: at, options, directory: '/' }, never);
const failsWith = (failureClass: string, text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass && text.test(error.message);

if (!sshd.skip) {
  sourceContract('sftp', async () => ({
    create: () => create(),
    link: link(),
    bytes,
    malformed: 'sftp://',
    foreign: 'ftp://example.com/file',
    stallAfter: running().stallAfter,
    dispose: async () => running().stallAfter(0),
  }));
}

test(
  'it comes in a thread of its own as well, which writes nothing past the end of its lease',
  sshd,
  async (context) => {
    const source = createSftpThreads(partsWith(known()));
    context.after(() => source.close());
    assert.ok((await fetchWhole(source, link())).equals(bytes));
    await assert.rejects(fetchWhole(source, link(), -1), { class: 'lost' });
  },
);

test('a host that nobody knows is refused with its key, and pinned exactly that key is believed', sshd, async () => {
  const keyFile = running().keyFile;
  const stranger = create({ key_file: keyFile });
  const refused: unknown = await resolve(stranger).catch((error: unknown) => error);
  assert.ok(refused instanceof Failure && refused.class === 'tls', String(refused));
  const fingerprint = /--fingerprint (\S+),/.exec(refused.message)?.[1] ?? '';
  assert.equal((await resolve(stranger, { fingerprint })).totalBytes, bytes.length);
  const wrong = `sha256/${createHash('sha256').update('x').digest('base64')}`;
  await assert.rejects(resolve(stranger, { fingerprint: wrong }), failsWith('tls', /another key than the pinned one/));
});

test('a host that is known with one type of key only is asked for that one', sshd, async () => {
  for (const [type, known] of running().hostKeys.entries()) {
    const file = join(running().root, `known${type}`);
    await writeFile(file, `[127.0.0.1]:${running().port} ${known}`);
    const source = create({ known_hosts: file, key_file: running().keyFile });
    assert.equal((await resolve(source)).totalBytes, bytes.length, known.slice(0, 20));
  }
});

test('a host that is known with another key may be somebody else', sshd, async () => {
  const file = join(running().root, 'other');
  const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36, 1)]);
  await writeFile(file, `[127.0.0.1]:${running().port} ssh-ed25519 ${key.toString('base64')}\n`);
  const source = create({ known_hosts: file, key_file: running().keyFile });
  await assert.rejects(resolve(source), failsWith('tls', /with another key: somebody may be in between/));
});

test('a login that fails, a file that is not there, a folder, a key that is none: each is told', sshd, async () => {
  const { knownHosts, keyFile, root } = running();
  await assert.rejects(resolve(create({ known_hosts: knownHosts })), failsWith('refused', /refuses the login/));
  await assert.rejects(resolve(create(), {}, link('/no.bin')), failsWith('refused', /no such file/));
  await assert.rejects(resolve(create(), {}, link('')), failsWith('refused', /a folder there/));
  const broken = create({ known_hosts: knownHosts, key_file: join(root, 'file.bin') });
  await assert.rejects(resolve(broken), failsWith('refused', /no private key/));
  assert.ok(keyFile);
});

test('a partial is continued only while size and time of change are the same', sshd, async () => {
  const path = join(running().root, 'changing.bin');
  await writeFile(path, bytes);
  await utimes(path, 1_700_000_000, 1_700_000_000);
  const { resumeToken } = await resolve(create(), {}, link('/changing.bin'));
  const resume = { token: resumeToken, durable: [[0, 1000]] as const };
  const again = () => create().resolve({ link: link('/changing.bin'), options: {}, directory: '/', resume }, never);
  assert.equal((await again()).continues, true);
  await utimes(path, 1_700_000_001, 1_700_000_001);
  assert.equal((await again()).continues, false);
});

test('it goes through a SOCKS5 proxy, and says that it was the proxy', {
  ...needs('microsocks'),
  ...sshd,
}, async (context) => {
  const port = await freePort();
  const proxy = await startServer('microsocks', port, ['-i', '127.0.0.1', '-p', String(port)]);
  context.after(() => proxy.stop());
  assert.equal((await resolve(create(), { proxy: `socks5://127.0.0.1:${port}` })).totalBytes, bytes.length);
  const nobody = `http://127.0.0.1:${await freePort()}`;
  await assert.rejects(resolve(create(), { proxy: nobody }), failsWith('network', /the proxy cannot be used/));
});

const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36, 7)]);
const blob = key.toString('base64');

test('known_hosts is read with its patterns, hashes, ports and markers', () => {
  const salt = Buffer.alloc(20, 3);
  const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('hidden.example').digest('base64')}`;
  const file = [
    '# comment',
    `one.example,*.two.example,!not.two.example ssh-ed25519 ${blob} me@home`,
    `[port.example]:2222 ssh-ed25519 ${blob}`,
    `${hashed} ssh-ed25519 ${blob}`,
    `@revoked bad.example ssh-ed25519 ${blob}`,
    `@cert-authority ca.example ssh-ed25519 ${blob}`,
    `other.example ssh-ed25519 AAAA`,
    `rsa.example ssh-rsa AAAA`,
  ].join('\n');
  const verdict = (host: string, port = 22) => hostVerdict(file, { host, port }, key);
  assert.deepEqual(
    ['one.example', 'a.two.example', 'not.two.example', 'hidden.example', 'ONE.example'].map((host) => verdict(host)),
    ['known', 'known', 'unknown', 'known', 'known'],
  );
  assert.equal(verdict('port.example', 2222), 'known');
  assert.equal(verdict('port.example'), 'unknown');
  assert.equal(verdict('bad.example'), 'revoked');
  assert.equal(verdict('ca.example'), 'unknown');
  assert.equal(verdict('other.example'), 'other');
  assert.equal(verdict('rsa.example'), 'unknown');
  assert.deepEqual(knownTypes(file, { host: 'rsa.example', port: 22 }), ['ssh-rsa']);
});

test('whatever the file holds, a key is only known where it stands', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('h ', '*', '!h', 'ssh-ed25519 ', '\n', '|1|', '@revoked ', 'AAAA', ','),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      assert.notEqual(hostVerdict(pieces.join(''), { host: 'h', port: 22 }, key), 'known');
    }),
  );
});
