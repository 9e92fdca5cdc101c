import type { SFTPWrapper } from 'ssh2';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { hostAndPort } from '../../net/endpoint.ts';
import { AskerFiles } from '../http/asker-files.ts';
import { type FileLink, sftpLinks } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import { answersFor } from '../one-stream/login.ts';
import { OneStreamTransfer } from '../one-stream/one-stream-transfer.ts';
import { manifestOf } from '../one-stream/version.ts';
import type { Source } from '../source.ts';
import { readAhead } from './read-ahead.ts';
import { openSftp, sshFailure } from './sftp-connection.ts';

interface SftpPlan {
  readonly link: string;
}

/** Links that begin with `sftp://`: one file each, over SSH; resumed at any byte. */
export function createSftpSource(parts: FileSourceOptions): Source {
  const { config, clock, disk, log } = parts;
  const files = new AskerFiles(disk);

  async function connected(link: FileLink, options: DownloadOptions, signal: AbortSignal) {
    const answers = await answersFor(link, options, config, files);
    signal.throwIfAborted();
    return openSftp(parts, link, answers, signal);
  }

  /** The connection is closed when the iteration ends, however it does. */
  async function* bytesOf(link: FileLink, options: DownloadOptions, from: number, signal: AbortSignal) {
    const connection = await connected(link, options, signal);
    signal.addEventListener('abort', connection.end, { once: true });
    try {
      yield* readAhead(connection.sftp, remotePath(link), from, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw sshFailure(error, hostAndPort(link));
    } finally {
      signal.removeEventListener('abort', connection.end);
      connection.end();
    }
  }

  return {
    name: 'sftp',
    accepts: sftpLinks.accepts,
    keyOf: sftpLinks.keyOf,
    async resolve(request, signal) {
      signal.throwIfAborted();
      const link = sftpLinks.parse(request.link);
      const connection = await connected(link, request.options, signal);
      signal.addEventListener('abort', connection.end, { once: true });
      const cancel = clock.after(config.http.headers_timeout, connection.end);
      try {
        const version = await versionOf(connection.sftp, link);
        log.debug({ host: link.host, ...version }, 'resolved');
        const manifest = manifestOf(request, link.path, version, true);
        return { ...manifest, plan: { link: request.link } satisfies SftpPlan };
      } catch (error) {
        signal.throwIfAborted();
        throw sshFailure(error, hostAndPort(link));
      } finally {
        cancel();
        signal.removeEventListener('abort', connection.end);
        connection.end();
      }
    },
    fetch(request) {
      const [target] = request.targets;
      if (!target || request.targets.length !== 1) throw new Failure('internal', 'an sftp link has exactly one file');
      const link = sftpLinks.parse((request.manifest.plan as SftpPlan).link);
      const open = (from: number, signal: AbortSignal) => bytesOf(link, request.options, from, signal);
      return new OneStreamTransfer({ disk, clock, idleTimeout: config.http.idle_timeout, open }, request, target);
    },
    async close() {},
  };
}

/** Absolute, as curl reads such links; `/~/` is where the login leads. */
function remotePath({ path }: FileLink): string {
  return path.startsWith('/~/') ? path.slice(3) : path;
}

function versionOf(sftp: SFTPWrapper, link: FileLink): Promise<{ size: number; modified: number }> {
  return new Promise((resolve, reject) => {
    sftp.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    sftp.stat(remotePath(link), (error, stats) => {
      if (error) reject(error);
      else if (!stats.isFile()) reject(new Failure('refused', `${hostAndPort(link)} has a folder there, and no file`));
      else resolve({ size: stats.size, modified: stats.mtime * 1000 });
    });
  });
}
