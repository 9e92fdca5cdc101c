import { userInfo } from 'node:os';
import type { Client, SFTPWrapper } from 'ssh2';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { connectFailure } from '../../net/connect-failure.ts';
import { connectSocket } from '../../net/connect-socket.ts';
import { hostAndPort } from '../../net/endpoint.ts';
import { hostKeyFingerprint, parseFingerprint } from '../../net/fingerprint.ts';
import type { FileLink } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import type { HostAnswers } from '../one-stream/login.ts';
import { hostVerdict, knownTypes } from './known-hosts.ts';

/** An SSH connection to a host that has shown the right key, with its SFTP channel. */
export interface SftpConnection {
  readonly sftp: SFTPWrapper;
  /** Safe to call twice. */
  end(): void;
}

/** The host key algorithms that are believed, the best first (RFC 8332 for RSA; the one with SHA-1 is not). */
const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/**
 * Logs in. The host's key must be pinned or in the known_hosts file; it is never accepted because nobody
 * knows it. Throws `Failure`, or the signal's reason.
 */
export async function openSftp(
  { config, clock, disk }: FileSourceOptions,
  link: FileLink,
  answers: HostAnswers,
  signal: AbortSignal,
): Promise<SftpConnection> {
  const { host, port } = link;
  const place = hostAndPort(link);
  const [knownHosts, privateKey, ssh] = await Promise.all([
    textOf(disk, config.sftp.known_hosts),
    keyOf(disk, config.sftp.key_file),
    import('ssh2'),
  ]);
  const sock = await connectSocket({ host, port }, answers.proxy, {
    clock,
    timeout: config.http.connect_timeout,
    signal,
  });
  const judge = judgeOf(link, answers.fingerprint, knownHosts, config.sftp.known_hosts);
  const client = new ssh.default.Client();
  // The library keeps a socket that it has ended itself, which then waits for a server that may never answer.
  const end = () => {
    client.end();
    sock.destroy();
  };
  // Whoever waits hears of the end by `close`; an error that nobody listens for would end the process.
  client.on('error', () => {});
  const types = answers.fingerprint === undefined ? knownTypes(knownHosts, link) : [];
  const isKnown = (name: string) => types.includes(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  const [known, others] = [hostKeyAlgorithms.filter(isKnown), hostKeyAlgorithms.filter((name) => !isKnown(name))];
  let refused: Failure | undefined;
  signal.addEventListener('abort', end, { once: true });
  const cancel = clock.after(config.http.headers_timeout, end);
  try {
    const ready = readiness(client, signal);
    client.connect({
      sock,
      username: answers.user ?? userInfo().username,
      ...(answers.password === undefined ? {} : { password: answers.password, tryKeyboard: true }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(config.sftp.agent === undefined || config.sftp.agent === 'none' ? {} : { agent: config.sftp.agent }),
      algorithms: { serverHostKey: [...known, ...others] },
      readyTimeout: config.http.headers_timeout,
      keepaliveInterval: 15_000,
      hostVerifier: (key: Buffer) => {
        refused = judge(key);
        return refused === undefined;
      },
    });
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => answers.password ?? '')),
    );
    await ready;
    return { sftp: await channelOf(client), end };
  } catch (error) {
    end();
    signal.throwIfAborted();
    throw refused ?? sshFailure(error, place);
  } finally {
    cancel();
    signal.removeEventListener('abort', end);
  }
}

/** Why a host's key is not believed; undefined: it is. */
function judgeOf(link: FileLink, fingerprint: string | undefined, knownHosts: string, path: string | undefined) {
  const place = hostAndPort(link);
  return (key: Uint8Array): Failure | undefined => {
    const shown = hostKeyFingerprint(key);
    const told = `nothing was sent; it shows the key ${shown}`;
    if (fingerprint !== undefined) {
      if (parseFingerprint(fingerprint) === shown) return undefined;
      return new Failure('tls', `${place} shows another key than the pinned one; ${told}`);
    }
    const verdict = hostVerdict(knownHosts, link, key);
    if (verdict === 'known') return undefined;
    if (verdict === 'revoked')
      return new Failure('tls', `the key of ${place} is marked as revoked in ${path}; ${told}`);
    if (verdict === 'other') {
      return new Failure('tls', `${place} is in ${path} with another key: somebody may be in between; ${told}`);
    }
    const name = link.port === 22 ? link.host : `[${link.host}]:${link.port}`;
    const how = `believe it with --fingerprint ${shown}, in the configuration by hosts: { "${hostAndPort(link).replace(/:22$/, '')}": { fingerprint: "${shown}" } }, or by a line for ${name} in ${path ?? 'known_hosts'}`;
    return new Failure('tls', `nobody knows the key of ${place}; ${told}; if it is right, ${how}`);
  };
}

function readiness(client: Client, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', aborted);
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error(String(error)));
    };
    const aborted = () => settle(signal.reason ?? new Error('aborted'));
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    client.once('ready', () => settle());
    client.once('error', settle);
    client.once('close', () => settle(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}

function channelOf(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    client.sftp((error, sftp) => {
      if (error) return reject(error);
      sftp.on('error', () => client.destroy());
      resolve(sftp);
    });
  });
}

/** An error of the SSH connection, or of a file behind it, as one sentence. */
export function sshFailure(error: unknown, place: string): Failure {
  if (error instanceof Failure) return error;
  const { level, code, message } = error as { level?: string; code?: string | number; message?: string };
  if (level === 'client-authentication') {
    return new Failure(
      'refused',
      `${place} refuses the login: give it a user name in the link or by --user, with a password, --netrc, sftp.key_file or an SSH agent`,
    );
  }
  if (level === 'client-timeout') return new Failure('network', `${place} does not answer`);
  if (level === 'handshake' || level === 'protocol') {
    return new Failure('protocol', `${place} and Longhaul find no common way to speak SSH (${String(message)})`);
  }
  if (code === 2) return new Failure('refused', `${place} has no such file; check the link`);
  if (code === 3) return new Failure('refused', `${place} does not allow this user to read the file`);
  if (typeof code === 'number') return new Failure('network', `${place} broke off the transfer (SFTP ${code})`);
  return connectFailure(error, place);
}

async function textOf(disk: Disk, path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  const text = await disk.readText(path).catch((error: unknown) => {
    throw new Failure('tls', `the file of sftp.known_hosts (${path}) cannot be read`, { cause: error });
  });
  return text ?? '';
}

async function keyOf(disk: Disk, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await disk.readText(path).catch(() => undefined);
  if (text === undefined) throw new Failure('refused', `the file of sftp.key_file (${path}) cannot be read`);
  const { utils } = (await import('ssh2')).default;
  if (utils.parseKey(text) instanceof Error) {
    throw new Failure('refused', `the file of sftp.key_file (${path}) is no private key without a passphrase`);
  }
  return text;
}
