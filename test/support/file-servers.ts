import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pathOf } from './needs.ts';
import { freePort, type RunningServer, startServer } from './servers.ts';
import { type Forwarder, startForwarder } from './stalling-forwarder.ts';

/** A server of files, of our own: own configuration, own folder, loopback only. */
export interface FileServer {
  readonly port: number;
  /** What it serves. */
  readonly root: string;
  stallAfter(bytes: number): void;
  stop(): Promise<void>;
}

/** A vsftpd that lets anonymous users read, behind forwarders of its control and its data connections. */
export async function startVsftpd(): Promise<FileServer> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-vsftpd-'));
  const root = join(folder, 'files');
  await mkdir(root);
  const [port, firstData] = [await freePort(), await freePort()];
  // A session that a nudge left behind may still hold one.
  const dataPorts = [firstData, firstData + 1, firstData + 2, firstData + 3];
  const config = join(folder, 'vsftpd.conf');
  await writeFile(
    config,
    `listen=YES
listen_address=127.0.0.1
listen_port=${port}
background=NO
run_as_launching_user=YES
seccomp_sandbox=NO
one_process_model=YES
anonymous_enable=YES
anon_root=${root}
no_anon_password=YES
allow_writeable_chroot=YES
port_enable=NO
pasv_min_port=${dataPorts[0]}
pasv_max_port=${dataPorts[3]}
xferlog_enable=NO
mdtm_write=NO
`,
  );
  const server = await startServer('vsftpd', port, [config]);
  const data = await Promise.all(dataPorts.map((each) => startForwarder(each)));
  const control = await startForwarder(port, (bytes) => {
    const told = (_: string, at: string) => `|||${data[Number(at) - firstData]?.port}|`;
    return Buffer.from(bytes.toString('latin1').replace(/\|\|\|(\d+)\|/, told), 'latin1');
  });
  return {
    port: control.port,
    root,
    stallAfter(bytes) {
      for (const each of data) each.stallAfter(bytes);
    },
    stop: () => stopAll(folder, server, ...data, control),
  };
}

export interface SshServer extends FileServer {
  /** The user's private key, without a passphrase, and the file that knows the host. */
  readonly keyFile: string;
  readonly knownHosts: string;
  readonly user: string;
  /** The server's own public keys, one for each type. */
  readonly hostKeys: readonly string[];
}

/** An sshd with keys of its own that serves SFTP to this user. */
export async function startSshd(): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-sshd-'));
  const root = join(folder, 'files');
  await mkdir(root);
  const file = (name: string) => join(folder, name);
  for (const [name, type] of [
    ['host_ed25519', 'ed25519'],
    ['host_rsa', 'rsa'],
    ['user', 'ed25519'],
  ] as const)
    execFileSync(pathOf('ssh-keygen') ?? 'ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file(name)]);
  const port = await freePort();
  await writeFile(file('authorized'), await readFile(file('user.pub')), { mode: 0o600 });
  await mkdir('/run/sshd', { recursive: true }).catch(() => {});
  const config = `Port ${port}
ListenAddress 127.0.0.1
HostKey ${file('host_ed25519')}
HostKey ${file('host_rsa')}
AuthorizedKeysFile ${file('authorized')}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
`;
  await writeFile(file('sshd_config'), config);
  const server = await startServer('sshd', port, ['-D', '-e', '-f', file('sshd_config')]);
  const forwarder = await startForwarder(port);
  const hostKeys = await Promise.all(['host_ed25519.pub', 'host_rsa.pub'].map((name) => readFile(file(name), 'utf8')));
  const known = hostKeys.map((key) => `[127.0.0.1]:${forwarder.port} ${key.split(' ').slice(0, 2).join(' ')}\n`);
  await writeFile(file('known_hosts'), known.join(''));
  return {
    port: forwarder.port,
    root,
    keyFile: file('user'),
    knownHosts: file('known_hosts'),
    user: userInfo().username,
    hostKeys,
    stallAfter: forwarder.stallAfter,
    stop: () => stopAll(folder, server, forwarder),
  };
}

async function stopAll(folder: string, server: RunningServer, ...forwarders: readonly Forwarder[]): Promise<void> {
  for (const forwarder of forwarders) await forwarder.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
