import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import { Asker } from '../http/asker.ts';
import { OneStreamTransfer } from '../one-stream/one-stream-transfer.ts';
import { SeveralTransfers } from '../one-stream/several-transfers.ts';
import type { FetchRequest, FetchTarget, Manifest, ResolveRequest, Source, Transfer } from '../source.ts';
import { accountOf } from './account.ts';
import type { MegaParts } from './api.ts';
import type { Asking } from './exchange.ts';
import { isMegaLink, type MegaLink, megaLinkKey, parseMegaLink } from './link.ts';
import { proveMac } from './prove.ts';
import type { MegaFile } from './tree.ts';

export interface MegaSourceOptions {
  readonly config: Pick<Config, 'http' | 'hosts' | 'mega'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  /** Absolute path of what keeps the account's session. */
  readonly sessionFile: string;
}

/** What `resolve` hands to `fetch`, and nobody else: it holds keys. */
interface MegaPlan {
  readonly files: readonly MegaFile[];
}

/** Files that are fetched at the same time. */
const mostAtOnce = 4;

/** MEGA links of files and folders, with the quota of an account where one is configured. What is heavy is loaded with the first link. */
export function createMegaSource({ config, clock, disk, log, sessionFile }: MegaSourceOptions): Source {
  const asker = new Asker({ config: config.http, hosts: config.hosts, clock, disk });
  const exchangeParts = { config, asker, clock };
  const account = accountOf({ ...exchangeParts, disk, log, sessionFile });
  const parts: MegaParts = { ...exchangeParts, ...(account ? { account } : {}) };
  return {
    name: 'mega',
    accepts: isMegaLink,
    keyOf: megaLinkKey,
    async resolve(request, signal) {
      signal.throwIfAborted();
      const files = await filesOf(parts, parseMegaLink(request.link), { options: request.options, signal });
      log.debug({ files: files.length }, 'resolved');
      return manifestOf(request, files);
    },
    fetch: (request) => fetchFiles({ parts, disk }, request),
    async close() {
      asker.close();
    },
  };
}

async function filesOf(parts: MegaParts, link: MegaLink, asking: Asking): Promise<readonly MegaFile[]> {
  const [api, tree, library] = await Promise.all([import('./api.ts'), import('./tree.ts'), import('megajs')]);
  if (link.kind === 'file') return [tree.linkedFile(library, link, await api.fileFacts(parts, link.id, asking))];
  return tree.linkedFiles(library, link, await api.folderNodes(parts, link.id, asking));
}

function manifestOf({ resume }: ResolveRequest, files: readonly MegaFile[]): Manifest {
  const [first] = files;
  const largest = files.reduce((best, { size }, at) => (size > (files[best]?.size ?? 0) ? at : best), 0);
  const version = versionOf(files);
  const continues = !resume || bytesIn(resume.durable) === 0 || resume.token.version === version;
  const folder = first?.path.split('/', 1)[0] ?? 'download';
  return {
    name: files.length === 1 ? (first?.path.split('/').at(-1) ?? folder) : folder,
    files: files.map(({ path, size }, at) => ({ path, size, main: at === largest })),
    totalBytes: files.reduce((sum, { size }) => sum + size, 0),
    resumeToken: { version },
    continues,
    ...(continues ? {} : { reason: 'what the link leads to is another version than before' }),
    ranges: true,
    validator: 'the MAC of the contents',
    plan: { files } satisfies MegaPlan,
  };
}

/** A key holds the MAC of the contents: the same keys are the same bytes. It can be shown, the keys cannot be had from it. */
function versionOf(files: readonly MegaFile[]): string {
  const hash = createHash('sha256');
  for (const { path, size, key } of files) hash.update(`${JSON.stringify(path)} ${size}\n`).update(key);
  return hash.digest('hex').slice(0, 32);
}

function fetchFiles({ parts, disk }: { parts: MegaParts; disk: Disk }, request: FetchRequest): Transfer {
  const { files } = request.manifest.plan as MegaPlan;
  const { targets, options } = request;
  const connections = options.connections ?? parts.config.http.connections;
  const atOnce = Math.min(mostAtOnce, targets.length, connections);
  const each = Math.max(1, Math.floor(connections / Math.max(1, atOnce)));
  const fileOf = ({ position }: FetchTarget): MegaFile => {
    const file = files[position];
    if (!file) throw new Failure('internal', 'a target is not in what the link led to');
    return file;
  };
  return new SeveralTransfers({
    targets,
    atOnce,
    begin(target) {
      const file = fileOf(target);
      const open = async function* (from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
        const { megaBytes } = await import('./bytes.ts');
        yield* megaBytes(parts, file, { from, connections: each }, { options, signal });
      };
      const stream = { disk, clock: parts.clock, idleTimeout: parts.config.http.idle_timeout, open };
      return new OneStreamTransfer(stream, request, target);
    },
    prove(target, file, signal) {
      const { path: name, key } = fileOf(target);
      return proveMac(disk, { path: target.path, key, name: targets.length > 1 ? name : undefined }, file, signal);
    },
  });
}
