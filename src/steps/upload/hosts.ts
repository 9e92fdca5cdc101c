import type { Config } from '../../config/config.ts';
import { environment } from '../../config/environment.ts';
import { nearest } from '../../config/nearest.ts';
import { kindOfHost, type UploadKind } from '../../config/upload.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Header } from '../../net/http1/header.ts';
import type { Clock } from '../../time/clock.ts';
import { type ClientParts, type RateLimits, UploadClient } from './client.ts';
import type { UploadHost } from './host.ts';

type HostConfig = Config['upload']['hosts'][string];

/** One host of a chain, as it was asked for. */
export interface NamedHost {
  readonly name: string;
  readonly kind: UploadKind;
  readonly settings: HostConfig;
}

export const hostExample = 'upload=catbox';

/** What the public hosts take at most, bytes, where nothing else is set. */
const usualMost: Partial<Record<UploadKind, number>> = { catbox: 200_000_000, litterbox: 1_000_000_000 };
const usualUrl: Partial<Record<UploadKind, string>> = {
  catbox: 'https://catbox.moe/user/api.php',
  litterbox: 'https://litterbox.catbox.moe/resources/internals/api.php',
};
const usualPart = 16 << 20;

/**
 * The hosts of a chain such as `catbox,nas,rclone:drive:films`; empty: `upload.to`. Throws `Failure('link')` with those
 * there are.
 */
export function readChain(options: string, config: Config['upload']): readonly NamedHost[] {
  const written = options.trim() === '' ? (config.to ?? '') : options;
  const names = written.split(',').map((name) => name.trim());
  if (written.trim() === '') {
    throw new Failure(
      'link',
      `say where to upload: ${hostExample} (longhaul upload --to catbox), or upload.to in the configuration; ${known(config)}`,
    );
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Failure('link', `the host "${twice}" is named twice`);
  return names.map((name) => namedHost(name, config));
}

function namedHost(name: string, config: Config['upload']): NamedHost {
  const settings = Object.hasOwn(config.hosts, name) ? config.hosts[name] : undefined;
  if (settings) return { name, kind: kindOfHost(name, settings) ?? 'http', settings };
  if (name === 'catbox' || name === 'litterbox') return { name, kind: name, settings: {} };
  const [, expires] = /^litterbox:(1h|12h|24h|72h)$/.exec(name) ?? [];
  if (expires !== undefined) {
    return { name, kind: 'litterbox', settings: { ...config.hosts.litterbox, expires: expires as '1h' } };
  }
  const [, remote] = /^rclone:([\p{L}\p{N}_.+@-][\p{L}\p{N}_.+@ -]*:[^\0\r\n]*)$/u.exec(name) ?? [];
  if (remote !== undefined && !remote.split(/[:/\\]/).includes('..')) {
    return { name, kind: 'rclone', settings: { ...config.hosts.rclone, remote } };
  }
  const near = nearest(name, namesOf(config));
  throw new Failure(
    'link',
    `there is no upload host named "${name}"; ${near === undefined ? known(config) : `did you mean ${near}?`}`,
  );
}

function namesOf(config: Config['upload']): readonly string[] {
  return [...new Set([...Object.keys(config.hosts), 'catbox', 'litterbox'])];
}

function known(config: Config['upload']): string {
  return `there are ${namesOf(config).join(', ')} and rclone:REMOTE:PATH; upload.hosts in the configuration has more`;
}

/** The hosts of a chain, ready to be spoken to, and what speaks to them. */
export async function openHosts(
  chain: readonly NamedHost[],
  parts: ClientParts,
  limits: RateLimits,
): Promise<{ readonly hosts: readonly UploadHost[]; close(): void }> {
  const clients: UploadClient[] = [];
  const hosts: UploadHost[] = [];
  for (const named of chain) {
    const client = new UploadClient(parts, {
      limits: limits.of(named.name, named.settings.rate ?? 'off'),
      publicOnly: named.settings.url === undefined,
    });
    clients.push(client);
    hosts.push(await openHost(named, client, parts));
  }
  return {
    hosts,
    close() {
      for (const client of clients) client.close();
    },
  };
}

async function openHost(
  { name, kind, settings }: NamedHost,
  client: UploadClient,
  parts: ClientParts,
): Promise<UploadHost> {
  const { clock, disk, config } = parts;
  const secret = await secretOf(name, settings, disk);
  const secrets = [...(secret === undefined ? [] : [secret]), ...Object.values(settings.fields ?? {})];
  const { link, replace = false } = settings;
  const both = { name, mostBytes: settings.max_size ?? usualMost[kind] ?? Number.MAX_SAFE_INTEGER };
  const url = settings.url ?? usualUrl[kind] ?? '';
  if (kind === 'catbox' || kind === 'litterbox') {
    const { catboxHost } = await import('./catbox.ts');
    const expires = kind === 'litterbox' ? (settings.expires ?? '72h') : undefined;
    const fields = {
      ...(expires === undefined ? {} : { time: expires }),
      ...(secret ? { userhash: secret } : {}),
    };
    const userhash = kind === 'catbox' ? secret : undefined;
    return catboxHost(client, clock, { ...both, url: new URL(url), fields, secrets, userhash, expires });
  }
  if (kind === 'rclone') return openRclone(both, settings, config.upload, clock);
  if (kind === 's3') {
    const { s3Host } = await import('./s3.ts');
    return s3Host(client, clock, {
      ...both,
      endpoint: url,
      bucket: settings.bucket ?? '',
      region: settings.region ?? 'us-east-1',
      addressing: settings.addressing ?? 'path',
      folder: settings.folder?.replaceAll(/^\/+|\/+$/g, '') ?? '',
      partSize: settings.part_size ?? usualPart,
      accessKey: settings.user ?? '',
      secretKey: secret ?? '',
      link,
      replace,
    });
  }
  const headers = headersOf(settings, secret);
  if (kind === 'webdav') {
    const { webdavHost } = await import('./webdav.ts');
    return webdavHost(client, clock, { ...both, url, headers, link, replace, secrets });
  }
  const { httpHost } = await import('./http.ts');
  const { field, fields = {}, method = field === undefined ? 'PUT' : 'POST' } = settings;
  return httpHost(client, clock, { ...both, url, method, field, fields, headers, link, replace, secrets });
}

async function openRclone(
  both: { readonly name: string; readonly mostBytes: number },
  settings: HostConfig,
  upload: Config['upload'],
  clock: Clock,
): Promise<UploadHost> {
  const { rcloneHost } = await import('./rclone.ts');
  const rates = [upload.rate, settings.rate ?? 'off'].filter((rate) => rate !== 'off');
  return rcloneHost(clock, {
    ...both,
    remote: settings.remote ?? '',
    program: settings.program ?? 'rclone',
    configFile: settings.config_file,
    rate: rates.length === 0 ? 'off' : Math.min(...rates),
    idleTimeout: upload.idle_timeout,
    answerTimeout: upload.answer_timeout,
    link: settings.link,
    environment: rcloneEnvironment(),
  });
}

/** What rclone needs to find its programs, its configuration and its password, and nothing else. */
function rcloneEnvironment(): Record<string, string> {
  const wanted =
    /^(?:PATH|HOME|XDG_CONFIG_HOME|XDG_CACHE_HOME|TMPDIR|LANG|SYSTEMROOT|APPDATA|USERPROFILE|RCLONE_\w+)$/i;
  const entries = Object.entries(environment()).flatMap(([name, value]) =>
    wanted.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Throws `Failure('refused')` where it is not where the configuration says. */
async function secretOf(
  name: string,
  { secret, secret_file, secret_env }: HostConfig,
  disk: Disk,
): Promise<string | undefined> {
  if (secret !== undefined) return secret;
  if (secret_env !== undefined) {
    throw new Failure('refused', `the variable ${secret_env}, which upload.hosts.${name} names, is not set`);
  }
  if (secret_file === undefined) return undefined;
  const text = await disk.readText(secret_file).catch((error: unknown) => {
    throw new Failure('refused', `the file ${secret_file}, which upload.hosts.${name} names, cannot be read`, {
      cause: error,
    });
  });
  const found = text?.trim();
  if (!found)
    throw new Failure('refused', `the file ${secret_file}, which upload.hosts.${name} names, holds no secret`);
  return found;
}

function headersOf({ user, headers = [] }: HostConfig, secret: string | undefined): readonly Header[] {
  const own = headers.map((line): Header => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  if (user !== undefined) {
    const credentials = Buffer.from(`${user}:${secret ?? ''}`, 'utf8').toString('base64');
    return [['Authorization', `Basic ${credentials}`], ...own];
  }
  return secret === undefined ? own : [['Authorization', `Bearer ${secret}`], ...own];
}
