import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { needs, pathOf } from './needs.ts';

/**
 * Machines as the kernel can make them of one: each has a network namespace and a host name of its own, and a cable (a
 * veth pair) to either of two networks (bridges), on which this process has the first address. Files are shared, as on
 * a mount that both have.
 */
export interface Hosts extends Disposable {
  /** This process's address in each network: what servers listen on. */
  readonly address: Readonly<Record<Network, string>>;
  readonly hosts: readonly Host[];
}

export type Network = 'database' | 'files';

export interface Host {
  readonly name: string;
  /** Put before a command it runs there, in a process whose id is the one that was started. */
  readonly via: readonly string[];
  /** Pulls its cable to that network, at the other end: the host sees no error, its packets are lost. */
  cut(network: Network): void;
  mend(network: Network): void;
}

/** For measuring networks (RFC 2544): nobody's. */
const networks = { database: '198.18', files: '198.19' } as const satisfies Record<Network, string>;

/** At the end of the block all are gone, with what runs there; at the end of the process in any case. */
export function makeHosts(names: readonly string[]): Hosts {
  sweep();
  const owner = process.pid;
  const remove = () => {
    process.off('exit', remove);
    removeOf(owner);
  };
  process.once('exit', remove);
  try {
    const third = owner % 256;
    for (const [network, block] of entries(networks)) makeBridge(bridgeOf(owner, network), `${block}.${third}.1/24`);
    for (const [index, name] of names.entries()) makeHost(namespaceOf(owner, name), index + 2, owner);
    return {
      address: { database: `${networks.database}.${third}.1`, files: `${networks.files}.${third}.1` },
      hosts: names.map((name, index) => hostOf(owner, name, index + 2)),
      [Symbol.dispose]: remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

let mayMake: boolean | undefined;

/** Like `needs(…)`: options for a test that makes hosts, which only root may do, and not in every container. */
export function needsHosts(): { skip?: string } {
  const missing = needs('ip');
  if (missing.skip !== undefined) return missing;
  mayMake ??= canMake();
  return mayMake ? {} : { skip: 'needs root and the right to make network namespaces' };
}

function canMake(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    using made = makeHosts(['trial']);
    const [command = '', ...words] = [...(made.hosts[0]?.via ?? []), 'true'];
    return spawnSync(command, words).status === 0;
  } catch {
    return false;
  }
}

function makeBridge(bridge: string, address: string): void {
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'add', address, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
}

/** `last`: of its addresses, and of the names of its cables. */
function makeHost(namespace: string, last: number, owner: number): void {
  ip('netns', 'add', namespace);
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  for (const [network, block] of entries(networks)) {
    const cable = cableOf(owner, network, last);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', network, 'netns', namespace);
    ip('link', 'set', cable, 'master', bridgeOf(owner, network), 'up');
    ip('-n', namespace, 'addr', 'add', `${block}.${owner % 256}.${last}/24`, 'dev', network);
    ip('-n', namespace, 'link', 'set', network, 'up');
  }
}

function hostOf(owner: number, name: string, last: number): Host {
  const named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', name];
  return {
    name,
    via: [ipProgram(), 'netns', 'exec', namespaceOf(owner, name), ...named],
    cut: (network) => ip('link', 'set', cableOf(owner, network, last), 'down'),
    mend: (network) => ip('link', 'set', cableOf(owner, network, last), 'up'),
  };
}

function namespaceOf(owner: number, name: string): string {
  return `longhaul-${owner}-${name}`;
}

/** At most 15 characters. */
function bridgeOf(owner: number, network: Network): string {
  return `lh${owner}${network.at(0)}`;
}

function cableOf(owner: number, network: Network, last: number): string {
  return `${bridgeOf(owner, network)}${last}`;
}

/** What a test run that was killed has left. */
function sweep(): void {
  const owners = [...namespaces(), ...links()].map(ownerOf);
  for (const owner of new Set(owners)) if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeOf(owner);
}

function removeOf(owner: number): void {
  const named = namespaces().filter((name) => ownerOf(name) === owner);
  for (const namespace of named) for (const pid of lines('netns', 'pids', namespace)) endProcess(Number(pid));
  // Before the namespaces: without a name they live as long as a connection in them that still tries to say goodbye.
  for (const link of links().filter((name) => ownerOf(name) === owner)) ip('link', 'del', link);
  for (const namespace of named) ip('netns', 'del', namespace);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function namespaces(): string[] {
  return lines('netns', 'list').map((line) => line.split(' ')[0] ?? '');
}

/** Bridges and cables. */
function links(): string[] {
  const of = (type: string) => lines('-o', 'link', 'show', 'type', type);
  return [...of('veth'), ...of('bridge')].map((line) => /^\d+: ([^@:]+)/.exec(line)?.[1] ?? '');
}

/** The process that made a namespace or link of this name; undefined where it is none of ours. */
function ownerOf(name: string): number | undefined {
  const owner = /^(?:longhaul-(\d+)-|lh(\d+)[df]\d*$)/.exec(name);
  return owner ? Number(owner[1] ?? owner[2]) : undefined;
}

function lines(...args: readonly string[]): string[] {
  return ip(...args)
    .split('\n')
    .filter((line) => line !== '');
}

/** Throws what it says when it fails. */
function ip(...args: readonly string[]): string {
  const done = spawnSync(ipProgram(), args, { encoding: 'utf8' });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ip ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

function ipProgram(): string {
  const path = pathOf('ip');
  if (!path) throw new Error('ip is not installed');
  return path;
}

function entries<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}
