import { PassThrough } from 'node:stream';
import type { Client } from 'basic-ftp';
import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import { connectFailure } from '../../net/connect-failure.ts';
import { hostAndPort } from '../../net/endpoint.ts';
import type { Clock } from '../../time/clock.ts';
import { AskerFiles } from '../http/asker-files.ts';
import { type FileLink, fileLinks } from '../one-stream/file-link.ts';
import { answersFor } from '../one-stream/login.ts';
import { OneStreamTransfer } from '../one-stream/one-stream-transfer.ts';
import { manifestOf } from '../one-stream/version.ts';
import type { Source } from '../source.ts';

export interface FileSourceOptions {
  readonly config: Pick<Config, 'http' | 'hosts' | 'sftp'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/** What `resolve` hands to `fetch`: nothing secret that `options` do not hold already. */
interface FtpPlan {
  readonly link: string;
}

export const ftpLinks = fileLinks('ftp', 21);

/** Where the server keeps as much as the disk takes at once. */
const aheadBytes = 1 << 20;

/** Links that begin with `ftp://`: one file each, in passive mode (RFC 959, RFC 3659); resumed by REST. */
export function createFtpSource({ config, clock, disk, log }: FileSourceOptions): Source {
  const files = new AskerFiles(disk);

  async function connected(link: FileLink, options: DownloadOptions, signal: AbortSignal): Promise<Client> {
    const { user, password, proxy } = await answersFor(link, options, config, files);
    signal.throwIfAborted();
    if (proxy !== 'none') {
      const how = '--proxy none, or hosts: { HOST: { proxy: none } }, connects directly';
      throw new Failure('refused', `ftp links cannot go through a proxy: ${how}`);
    }
    const { Client } = (await import('basic-ftp')).default;
    const client = new Client(config.http.idle_timeout);
    const stop = () => client.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const { host, port } = link;
      await client.access({ host, port, user: user ?? 'anonymous', password: password ?? 'anonymous@' });
      return client;
    } catch (error) {
      client.close();
      signal.throwIfAborted();
      throw ftpFailure(error, link);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** The connection is closed when the iteration ends, however it does. */
  async function* bytesOf(link: FileLink, options: DownloadOptions, from: number, signal: AbortSignal) {
    const client = await connected(link, options, signal);
    const through = new PassThrough({ highWaterMark: aheadBytes });
    const stop = () => {
      client.close();
      through.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    let failure: unknown;
    const download = client.downloadTo(through, remotePath(link), from).catch((error: unknown) => {
      failure = error;
      through.destroy();
    });
    try {
      try {
        for await (const bytes of through) yield bytes as Uint8Array;
      } catch (error) {
        signal.throwIfAborted();
        failure ??= error;
      }
      await download;
      if (failure) throw ftpFailure(failure, link);
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  return {
    name: 'ftp',
    accepts: ftpLinks.accepts,
    keyOf: ftpLinks.keyOf,
    async resolve(request, signal) {
      signal.throwIfAborted();
      const link = ftpLinks.parse(request.link);
      const client = await connected(link, request.options, signal);
      const stop = () => client.close();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const path = remotePath(link);
        const size = await told(client.size(path));
        const modified = await told(client.lastMod(path));
        if (size === undefined) await mustExist(client, path, link);
        const version = { size: size ?? null, modified: modified?.getTime() ?? null };
        log.debug({ host: link.host, ...version }, 'resolved');
        const manifest = manifestOf(request, path, version, true);
        return { ...manifest, plan: { link: request.link } satisfies FtpPlan };
      } catch (error) {
        signal.throwIfAborted();
        throw ftpFailure(error, link);
      } finally {
        signal.removeEventListener('abort', stop);
        client.close();
      }
    },
    fetch(request) {
      const [target] = request.targets;
      if (!target || request.targets.length !== 1) throw new Failure('internal', 'an ftp link has exactly one file');
      const link = ftpLinks.parse((request.manifest.plan as FtpPlan).link);
      const open = (from: number, signal: AbortSignal) => bytesOf(link, request.options, from, signal);
      return new OneStreamTransfer({ disk, clock, idleTimeout: config.http.idle_timeout, open }, request, target);
    },
    async close() {},
  };
}

/** Relative to where the login leads; `//` at the beginning (`%2F`) means the root (RFC 1738 section 3.2.2). */
function remotePath({ path }: FileLink): string {
  return path.slice(1);
}

/** SIZE and MDTM are extensions: a server without them refuses the command (5xx), and that is an answer. */
async function told<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && code >= 500 && code < 550) return undefined;
    throw error;
  }
}

/** Without SIZE nobody has said yet that there is such a file. */
async function mustExist(client: Client, path: string, link: FileLink): Promise<void> {
  const entries = await client.list(path);
  if (entries.length === 0) throw notThere(link);
}

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** RFC 959 section 4.2. */
function ftpFailure(error: unknown, link: FileLink): Failure {
  if (error instanceof Failure) return error;
  const place = hostAndPort(link);
  const code = codeOf(error);
  if (code === undefined) {
    const text = error instanceof Error ? error.message : String(error);
    if (/timeout|timed out/i.test(text)) return new Failure('network', `${place} does not answer`, { cause: error });
    return connectFailure(error, place);
  }
  if (code === 530 || code === 331 || code === 332) {
    return new Failure('refused', `${place} wants a user name and password: --user NAME, or --netrc`);
  }
  if (code === 550) return notThere(link);
  if (code >= 500) return new Failure('refused', `${place} refuses (FTP ${code})`);
  if (code === 421 || code === 450) return new Failure('server', `${place} is busy (FTP ${code})`);
  return new Failure('network', `${place} broke off the transfer (FTP ${code})`);
}

function notThere(link: FileLink): Failure {
  return new Failure('refused', `${hostAndPort(link)} has no such file, or does not show it; check the link`);
}
