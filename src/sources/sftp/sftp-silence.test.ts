import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import ssh2 from 'ssh2';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { silentLog } from '../../log/log.ts';
import { hostKeyFingerprint } from '../../net/fingerprint.ts';
import { systemClock } from '../../time/clock.ts';
import { createSftpSource } from './sftp-source.ts';

/** A server that lets everybody in and then says nothing more, whose end of the connection never closes. */
async function silentServer(context: TestContext) {
  const key = ssh2.utils.generateKeyPairSync('ed25519');
  const entered = Promise.withResolvers<void>();
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('authentication', (login) => login.accept());
    client.on('session', () => entered.resolve());
    client.on('error', () => {});
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const sockets: net.Socket[] = [];
  const deaf = net.createServer({ allowHalfOpen: true }, (socket) => {
    const upstream = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket, upstream);
    for (const one of [socket, upstream]) one.on('error', () => {});
    socket.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => socket.write(bytes));
  });
  await new Promise<void>((listening) => deaf.listen(0, '127.0.0.1', listening));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    deaf.close();
    server.close();
  });
  const shown = ssh2.utils.parseKey(key.public);
  if (shown instanceof Error) throw shown;
  return {
    entered: entered.promise,
    link: `sftp://me:secret@127.0.0.1:${(deaf.address() as AddressInfo).port}/x`,
    options: { fingerprint: hostKeyFingerprint(shown.getPublicSSH()) },
  };
}

const create = (headers_timeout: number) =>
  createSftpSource({
    config: { ...defaults, http: { ...defaults.http, headers_timeout } },
    clock: systemClock,
    disk: realDisk,
    log: silentLog,
  });

test('a server that falls silent behind the login is given up in time', { timeout: 10_000 }, async (context) => {
  const { link, options } = await silentServer(context);
  await assert.rejects(
    create(300).resolve({ link, options, directory: '/' }, new AbortController().signal),
    (error) => error instanceof Failure && error.class === 'network',
  );
});

test('an abort ends it at once, though the other side never closes', { timeout: 10_000 }, async (context) => {
  const { link, options, entered } = await silentServer(context);
  const stop = new AbortController();
  const resolving = create(60_000).resolve({ link, options, directory: '/' }, stop.signal);
  await entered;
  stop.abort(new Error('enough'));
  await assert.rejects(resolving, /enough/);
});
