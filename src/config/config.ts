import { dirname } from 'node:path';
import type * as z from 'zod';
import { defaults } from './defaults.ts';
import { type Environment, settingVariables, variable } from './environment.ts';
import { readConfigFile } from './file.ts';
import { expandPath, type Paths, pathsOf } from './paths.ts';
import { ConfigError, type Origin, type Problem } from './problems.ts';
import type { schema } from './schema.ts';
import type { FlagSetting } from './settings.ts';
import type { RawConfig } from './validate.ts';
import { version } from './version.ts';

/** The validated configuration: durations in ms, sizes in bytes, paths absolute. Frozen. */
export type Config = DeepReadonly<z.output<typeof schema>>;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export interface ConfigRequest {
  readonly env: Environment;
  readonly cwd: string;
  /** The home folder, where `HOME` shall not decide. */
  readonly home?: string;
  readonly flags?: {
    /** `--config FILE`; goes before `LONGHAUL_CONFIG`. */
    readonly file?: string;
    readonly set?: readonly FlagSetting[];
  };
}

export interface LoadedConfig {
  readonly config: Config;
  readonly paths: Paths;
  readonly file: { readonly path: string; readonly found: boolean };
  /** For each key (`retry.max_tries`), where its value came from; a key that is missing here has its default. */
  readonly sources: Readonly<Record<string, Origin>>;
  /** One sentence each, for a person: variables that mean nothing. */
  readonly warnings: readonly string[];
}

/**
 * The configuration and the folders of this process: flags go before `LONGHAUL_*` variables, those
 * before the YAML file, that before the defaults. Throws ConfigError with all that is wrong.
 */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  const paths = pathsOf(request);
  const file = fileOf(request, paths);
  const text = await readConfigFile(file.path, { required: file.named });
  const { config, sources, warnings } = await gather(request, file.path, text);
  return Object.freeze({
    config: freeze(finish(config, sources, { request, paths, file: file.path })),
    paths: Object.freeze(paths),
    file: { path: file.path, found: text !== undefined },
    sources,
    warnings,
  });
}

/** The same, for `config check`: what is wrong comes back instead of being thrown. */
export async function checkConfig(request: ConfigRequest): Promise<{
  readonly file?: LoadedConfig['file'];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}> {
  try {
    const { file, warnings } = await loadConfig(request);
    return { file, problems: [], warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems, warnings: [] };
  }
}

type Gathered = {
  readonly config: RawConfig;
  readonly sources: LoadedConfig['sources'];
  readonly warnings: readonly string[];
};

/** The schema and the YAML parser cost 40 ms, so they are loaded only when something is set. */
async function gather(request: ConfigRequest, path: string, text: string | undefined): Promise<Gathered> {
  const variables = settingVariables(request.env);
  const flags = request.flags?.set ?? [];
  if (text === undefined && variables.length === 0 && flags.length === 0)
    return { config: defaults, sources: {}, warnings: [] };
  const { settingsFromFlags, settingsFromVariables } = await import('./settings.ts');
  const { validate } = await import('./validate.ts');
  const written = text === undefined ? [] : [(await import('./yaml-file.ts')).parseConfigFile(path, text)];
  const layers = [...written, settingsFromVariables(variables), settingsFromFlags(flags)];
  const valid = validate(
    layers.flatMap(({ settings }) => settings),
    layers.flatMap(({ problems }) => problems),
  );
  return { ...valid, warnings: layers.flatMap(({ warnings }) => warnings) };
}

function fileOf({ env, cwd, flags }: ConfigRequest, paths: Paths): { readonly path: string; readonly named: boolean } {
  const home = paths.home === undefined ? {} : { home: paths.home };
  if (flags?.file !== undefined) {
    return {
      path: expandPath(flags.file, { base: cwd, origin: { kind: 'flag', flag: '--config' }, ...home }),
      named: true,
    };
  }
  const name = 'LONGHAUL_CONFIG';
  const written = variable(env, name);
  if (written === undefined) return { path: paths.config, named: false };
  return { path: expandPath(written, { base: cwd, origin: { kind: 'environment', name }, ...home }), named: true };
}

/** Paths made absolute, each from where it was written; the version put into the user agent. */
function finish(
  config: RawConfig,
  sources: LoadedConfig['sources'],
  { request, paths, file }: { readonly request: ConfigRequest; readonly paths: Paths; readonly file: string },
): Config {
  const path = (key: string, written: string) => {
    const origin = sources[key] ?? { kind: 'default' };
    const base = origin.kind === 'file' ? dirname(file) : request.cwd;
    return expandPath(written, { base, key, origin, ...(paths.home === undefined ? {} : { home: paths.home }) });
  };
  const preset = (sources['downloads.directory'] ?? { kind: 'default' }).kind === 'default';
  const { ca_file, netrc, cookie_file, ...http } = config.http;
  const withPath = (host: RawConfig['hosts'][string]) =>
    host.ca_file === undefined ? host : { ...host, ca_file: path('hosts', host.ca_file) };
  const {
    agent = variable(request.env, 'SSH_AUTH_SOCK'),
    key_file,
    known_hosts = paths.home === undefined ? undefined : '~/.ssh/known_hosts',
  } = config.sftp;
  const { password_file, program, ...mega } = config.mega;
  const { password_file: qbittorrentPassword, folder, ...qbittorrent } = config.qbittorrent;
  return {
    ...config,
    downloads: {
      ...config.downloads,
      directory: preset ? paths.downloads : path('downloads.directory', config.downloads.directory),
    },
    http: {
      ...http,
      user_agent: http.user_agent.replaceAll('{version}', version),
      netrc: netrc === false ? netrc : path('http.netrc', netrc === true ? '~/.netrc' : netrc),
      ...(ca_file === undefined ? {} : { ca_file: path('http.ca_file', ca_file) }),
      ...(cookie_file === undefined ? {} : { cookie_file: path('http.cookie_file', cookie_file) }),
    },
    categories: Object.fromEntries(
      Object.entries(config.categories).map(([name, { directory, ...rest }]) => [
        name,
        directory === undefined ? rest : { ...rest, directory: path('categories', directory) },
      ]),
    ),
    hosts: Object.fromEntries(Object.entries(config.hosts).map(([name, host]) => [name, withPath(host)])),
    upload: {
      ...config.upload,
      hosts: Object.fromEntries(
        Object.entries(config.upload.hosts).map(([name, host]) => [
          name,
          finishUploadHost(host, (written) => path('upload.hosts', written), request.env),
        ]),
      ),
    },
    extract:
      config.extract.password_file === undefined
        ? config.extract
        : { ...config.extract, password_file: path('extract.password_file', config.extract.password_file) },
    move: config.move.directory === undefined ? {} : { directory: path('move.directory', config.move.directory) },
    mega: {
      ...mega,
      program: /[/\\]|^~/.test(program) ? path('mega.program', program) : program,
      ...(password_file === undefined ? {} : { password_file: path('mega.password_file', password_file) }),
    },
    qbittorrent: {
      ...qbittorrent,
      ...(folder === undefined ? {} : { folder: path('qbittorrent.folder', folder) }),
      ...(qbittorrentPassword === undefined
        ? {}
        : { password_file: path('qbittorrent.password_file', qbittorrentPassword) }),
    },
    sftp: {
      ...(known_hosts === undefined ? {} : { known_hosts: path('sftp.known_hosts', known_hosts) }),
      ...(agent === undefined ? {} : { agent: agent === 'none' ? agent : path('sftp.agent', agent) }),
      ...(key_file === undefined ? {} : { key_file: path('sftp.key_file', key_file) }),
    },
  };
}

type UploadHost = RawConfig['upload']['hosts'][string];

/** Its paths made absolute, and the secret taken from the environment, where it stands there. */
function finishUploadHost(host: UploadHost, path: (written: string) => string, env: Environment): UploadHost {
  const { secret_file, config_file, secret_env } = host;
  const secret = secret_env === undefined ? undefined : variable(env, secret_env);
  return {
    ...host,
    ...(secret === undefined ? {} : { secret }),
    ...(secret_file === undefined ? {} : { secret_file: path(secret_file) }),
    ...(config_file === undefined ? {} : { config_file: path(config_file) }),
  };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
