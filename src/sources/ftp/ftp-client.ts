import { PassThrough } from 'node:stream';
import type { Client } from 'basic-ftp';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { connectFailure } from '../../net/connect-failure.ts';
import { hostAndPort } from '../../net/endpoint.ts';
import { AskerFiles } from '../http/asker-files.ts';
import type { FileLink } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import { answersFor } from '../one-stream/login.ts';

/** Where the server keeps as much as the disk takes at once. */
const aheadBytes = 1 << 20;

/** Logs in; the caller closes. Throws `Failure`, or the signal's reason. */
export async function openFtp(
  { config, disk }: FileSourceOptions,
  link: FileLink,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Client> {
  const { user, password, proxy } = await answersFor(link, options, config, new AskerFiles(disk));
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
    throw ftpFailure(error, link, user);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The bytes of a file from `from` on; the connection is closed when the iteration ends, however it does. */
export async function* ftpBytes(
  parts: FileSourceOptions,
  link: FileLink,
  options: DownloadOptions,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const client = await openFtp(parts, link, options, signal);
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
    if (failure && from > 0 && notUnderstood.has(codeOf(failure) ?? 0)) throw noRest(link);
    if (failure) throw ftpFailure(failure, link);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** What servers without REST answer to it (RFC 3659 section 5.3). */
const notUnderstood: ReadonlySet<number> = new Set([500, 501, 502, 504]);

/** What is here can never be continued: it is fetched from its beginning. */
function noRest(link: FileLink): Failure {
  return new Failure('changed', `${hostAndPort(link)} cannot continue in the middle of a file`);
}

/** Relative to where the login leads; `//` at the beginning (`%2F`) means the root (RFC 1738 section 3.2.2). */
export function remotePath({ path }: FileLink): string {
  return path.slice(1);
}

export function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** RFC 959 section 4.2. `user`: who logged in, where somebody did. */
export function ftpFailure(error: unknown, link: FileLink, user?: string): Failure {
  if (error instanceof Failure) return error;
  const place = hostAndPort(link);
  const code = codeOf(error);
  if (code === undefined) {
    const text = error instanceof Error ? error.message : String(error);
    if (/timeout|timed out/i.test(text)) return new Failure('network', `${place} does not answer`, { cause: error });
    if (/FIN packet|transfer strateg/.test(text)) {
      return new Failure('network', `${place} broke off the connection`, { cause: error });
    }
    return connectFailure(error, place);
  }
  if (code === 530 || code === 331 || code === 332) {
    const said =
      user === undefined
        ? 'wants a user name and password: --user NAME'
        : 'refuses this user name or password; --user NAME';
    return new Failure('refused', `${place} ${said}, or --netrc`);
  }
  if (code === 550) return notThere(link);
  if (code >= 500) return new Failure('refused', `${place} refuses (FTP ${code})`);
  if (code === 421 || code === 450) return new Failure('server', `${place} is busy (FTP ${code})`);
  return new Failure('network', `${place} broke off the transfer (FTP ${code})`);
}

export function notThere(link: FileLink): Failure {
  return new Failure('refused', `${hostAndPort(link)} has no such file, or does not show it; check the link`);
}
