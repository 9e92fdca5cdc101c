import type { Client } from 'basic-ftp';
import { Failure } from '../../downloads/failure.ts';
import { type FileLink, ftpLinks } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import { OneStreamTransfer } from '../one-stream/one-stream-transfer.ts';
import { manifestOf } from '../one-stream/version.ts';
import type { Source } from '../source.ts';
import { codeOf, ftpBytes, ftpFailure, notThere, openFtp, remotePath } from './ftp-client.ts';

/** What `resolve` hands to `fetch`: nothing secret that `options` do not hold already. */
interface FtpPlan {
  readonly link: string;
}

/** Links that begin with `ftp://`: one file each, in passive mode (RFC 959, RFC 3659); resumed by REST. */
export function createFtpSource(parts: FileSourceOptions): Source {
  const { config, clock, disk, log } = parts;
  return {
    name: 'ftp',
    accepts: ftpLinks.accepts,
    keyOf: ftpLinks.keyOf,
    async resolve(request, signal) {
      signal.throwIfAborted();
      const link = ftpLinks.parse(request.link);
      const client = await openFtp(parts, link, request.options, signal);
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
      const open = (from: number, signal: AbortSignal) => ftpBytes(parts, link, request.options, from, signal);
      return new OneStreamTransfer({ disk, clock, idleTimeout: config.http.idle_timeout, open }, request, target);
    },
    async close() {},
  };
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
