import { isAbsolute, join, resolve } from 'node:path';
import { type Environment, variable } from './environment.ts';
import { ConfigError } from './problems.ts';

/** Where Longhaul keeps what is its own. All absolute; none of them needs to exist yet. */
export interface Paths {
  /** The config file that is read when no other is asked for. */
  readonly config: string;
  /** The database file; its folder belongs to it alone (0700). */
  readonly database: string;
  /** Daily copies of the database. */
  readonly backups: string;
  /** Folder of the instance sockets; names of up to `socketNameBytes` fit. */
  readonly sockets: string;
  readonly logs: string;
  /** What lets this user in at services without the password; each file 0600. */
  readonly sessions: string;
  /** The .torrent of each torrent that is known, for us alone (0700). */
  readonly torrents: string;
  /** Work files that may be thrown away between runs. */
  readonly work: string;
  /** The home folder, when there is one: what `~` means. */
  readonly home?: string;
  /** `downloads.directory` when nothing is set. */
  readonly downloads: string;
}

/** Longest name of a socket inside `paths.sockets`: a UUID and an ending. */
export const socketNameBytes = 42;

/** A Unix socket's path must fit into 104 bytes (macOS; 108 on Linux), its final zero included. */
const socketPathBytes = 100;

/**
 * The folders of the XDG Base Directory Specification 0.8 (a relative XDG path is ignored, as it
 * says), or all of them under `LONGHAUL_HOME`. Reads nothing from disk. Throws ConfigError when the
 * environment names no place.
 */
export function pathsOf({
  env,
  cwd,
  home,
}: {
  readonly env: Environment;
  readonly cwd: string;
  readonly home?: string;
}): Paths {
  const homeFolder = absolute(home) ?? absolute(variable(env, 'HOME')) ?? absolute(variable(env, 'USERPROFILE'));
  const own = variable(env, 'LONGHAUL_HOME');
  const base = { ...(homeFolder === undefined ? {} : { home: homeFolder }) };
  if (own !== undefined) {
    const root = expandPath(own, { base: cwd, origin: { kind: 'environment', name: 'LONGHAUL_HOME' }, ...base });
    return {
      ...base,
      ...below({ config: root, state: root, work: join(root, 'work') }),
      downloads: downloadsOf(homeFolder, root),
    };
  }
  const state = join(xdg(env, 'XDG_STATE_HOME', homeFolder, '.local/state'), 'longhaul');
  const config = join(xdg(env, 'XDG_CONFIG_HOME', homeFolder, '.config'), 'longhaul');
  const work = join(xdg(env, 'XDG_CACHE_HOME', homeFolder, '.cache'), 'longhaul');
  return { ...base, ...below({ config, state, work }), downloads: downloadsOf(homeFolder, state) };
}

/** `~` and `~/x` at home, a relative path below `base`. Throws ConfigError when `~` means nothing here. */
export function expandPath(
  written: string,
  {
    base,
    home,
    ...where
  }: {
    readonly base: string;
    readonly home?: string;
    readonly key?: string;
    readonly origin: NonNullable<ConfigError['problems'][number]['origin']>;
  },
): string {
  if (written !== '~' && !/^~[/\\]/.test(written)) return resolve(base, written);
  if (home !== undefined) return join(home, written.slice(1));
  throw new ConfigError([
    {
      ...where,
      value: JSON.stringify(written),
      allowed: 'begins with ~, but no home folder is known: set HOME, or write the whole path',
    },
  ]);
}

function below({ config, state, work }: { readonly config: string; readonly state: string; readonly work: string }) {
  return {
    config: join(config, 'config.yaml'),
    database: join(state, 'db', 'longhaul.db'),
    backups: join(state, 'backups'),
    sockets: socketsOf(state),
    logs: join(state, 'logs'),
    sessions: join(state, 'sessions'),
    torrents: join(state, 'torrents'),
    work,
  };
}

/**
 * The sockets say who is alive, so every process on this host must come to the same folder from the
 * same state folder, whatever session it runs in: when the state folder's path is too long for a
 * socket, a short one is made from its hash, below /tmp and not below the session's runtime folder,
 * which differs between sessions and vanishes at logout. Who makes it must check that it owns it.
 */
function socketsOf(state: string): string {
  const folder = join(state, 'run');
  if (Buffer.byteLength(folder) + 1 + socketNameBytes < socketPathBytes) return folder;
  // Loading node:crypto takes 6 ms, which the usual short path need not spend.
  const { hash } = process.getBuiltinModule('node:crypto');
  return `/tmp/longhaul-${hash('sha256', state).slice(0, 20)}`;
}

function downloadsOf(home: string | undefined, state: string): string {
  return home === undefined ? join(state, 'downloads') : join(home, 'Downloads');
}

function xdg(env: Environment, name: string, home: string | undefined, below: string): string {
  const folder = absolute(variable(env, name));
  if (folder !== undefined) return folder;
  if (home !== undefined) return join(home, below);
  throw new ConfigError([
    {
      allowed: `no home folder is known (HOME is not set): set LONGHAUL_HOME to the folder where Longhaul shall keep its things`,
    },
  ]);
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && path !== '' && isAbsolute(path) ? path : undefined;
}
