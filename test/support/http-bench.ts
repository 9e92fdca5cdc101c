import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import type { Disk } from '../../src/disk/disk.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { DownloadOptions, ResumeToken } from '../../src/downloads/download.ts';
import type { Range } from '../../src/downloads/ranges.ts';
import { silentLog } from '../../src/log/log.ts';
import { createHttpSource } from '../../src/sources/http/http-source.ts';
import { createHttpThreads } from '../../src/sources/http/http-threads.ts';
import type { FinishedFile, Manifest, Source, Transfer } from '../../src/sources/source.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';

const never = new AbortController().signal;

/** The defaults of the `http` section. */
const httpDefaults: Config['http'] = {
  connections: 1,
  connections_per_host: 8,
  connections_after: 0,
  least_piece: 1 << 20,
  connect_timeout: 10_000,
  headers_timeout: 30_000,
  idle_timeout: 60_000,
  low_speed: 1024,
  low_speed_time: 120_000,
  user_agent: 'longhaul/test',
  max_redirects: 10,
  headers: [],
  allow_downgrade: false,
  netrc: false,
};

export function httpSource(
  config: Partial<Config['http']> = {},
  parts: { readonly clock?: Clock; readonly disk?: Disk; readonly hosts?: Config['hosts'] } = {},
): Source {
  return createHttpSource({
    ...(parts.hosts ? { hosts: parts.hosts } : {}),
    config: { ...httpDefaults, ...config },
    clock: parts.clock ?? systemClock,
    disk: parts.disk ?? realDisk,
    log: silentLog,
  });
}

/** The same in threads of its own, as the program has it. */
export function threadedSource(config: Partial<Config['http']> = {}): Source {
  return createHttpThreads({
    config: { ...httpDefaults, ...config },
    clock: systemClock,
    disk: realDisk,
    log: silentLog,
  });
}

/** Bytes that differ from those at any other place nearby, so that a wrong offset shows. */
export function patterned(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A partial between runs, as the engine keeps it. */
export interface KeptPartial {
  readonly path: string;
  token: ResumeToken | undefined;
  durable: readonly Range[];
  /** Notes for the timeline so far. */
  readonly notes: string[];
}

export interface HttpBench {
  readonly source: Source;
  readonly partial: KeptPartial;
  resolve(link: string): Promise<Manifest>;
  /** Resolves and begins to fetch; gives up the partial where the source says so. */
  begin(link: string): Promise<Transfer>;
  /** A whole run; what is durable is kept also when it fails. */
  run(link: string): Promise<FinishedFile>;
  content(): Promise<Buffer>;
}

/** One download by the http source, run by hand. */
export async function httpBench(
  context: TestContext,
  config: Partial<Config['http']> = {},
  parts: {
    readonly clock?: Clock;
    readonly disk?: Disk;
    readonly hosts?: Config['hosts'];
    readonly options?: DownloadOptions;
  } = {},
): Promise<HttpBench> {
  const directory = await mkdtemp(join(tmpdir(), 'longhaul-http-'));
  const source = httpSource(config, parts);
  const partial: KeptPartial = { path: join(directory, 'file.part'), token: undefined, durable: [], notes: [] };
  const { options = {} } = parts;
  await realDisk.create(partial.path).close();
  context.after(async () => {
    await source.close();
    await rm(directory, { recursive: true, force: true });
  });
  const resolve = (link: string): Promise<Manifest> => {
    const resume =
      partial.token && partial.durable.length > 0 ? { token: partial.token, durable: partial.durable } : undefined;
    return source.resolve({ link, options, directory, ...(resume ? { resume } : {}) }, never);
  };
  const begin = async (link: string): Promise<Transfer> => {
    const manifest = await resolve(link);
    if (!manifest.continues) {
      await rm(partial.path);
      await realDisk.create(partial.path).close();
      partial.durable = [];
    }
    partial.token = JSON.parse(JSON.stringify(manifest.resumeToken)) as ResumeToken;
    const target = { position: 0, path: partial.path, size: manifest.totalBytes, durable: partial.durable };
    return source.fetch({ manifest, targets: [target], options, onNote: (note) => partial.notes.push(note) });
  };
  return {
    source,
    partial,
    resolve,
    begin,
    async run(link) {
      const transfer = await begin(link);
      try {
        const end = await transfer.done;
        const [file] = end.files;
        if (!file) throw new Error('no file');
        return file;
      } finally {
        partial.durable = (await transfer.flush())[0]?.ranges ?? [];
        await transfer.close();
      }
    },
    content: () => readFile(partial.path),
  };
}

/** Resolves when the transfer has taken that many bytes. */
export async function untilBytes(transfer: Transfer, bytes: number): Promise<void> {
  while (transfer.progress().bytes < bytes) await pause(2);
}
