import { realDisk } from '../../src/disk/real-disk.ts';
import type { Integrity } from '../../src/downloads/download.ts';
import { Failure } from '../../src/downloads/failure.ts';
import { bytesIn, contiguousFromStart, normalRanges, type Range } from '../../src/downloads/ranges.ts';
import type { FetchRequest, Manifest, ResolveRequest, Source, Transfer } from '../../src/sources/source.ts';

/** What the next fetch does: writes so many bytes, then ends, fails, or waits to be closed. */
export interface Act {
  /** Bytes written before the end of the act; left out: all that is missing. */
  readonly bytes?: number;
  readonly then?: Failure | 'wait';
}

/** A source without a network: it delivers `content` as its script says, and remembers what it was asked. */
export interface ScriptedSource extends Source {
  content: Buffer;
  version: string;
  name_: string;
  readonly acts: Act[];
  /** The next resolves throw these first. */
  readonly resolveFailures: Failure[];
  readonly resolves: ResolveRequest[];
  /** The first byte each fetch began at. */
  readonly fetchedFrom: number[];
  /** Resolves when a fetch waits. */
  readonly waiting: Promise<void>;
}

export function scriptedSource(content: Buffer, integrity: Integrity = 'validator'): ScriptedSource {
  const waiting = Promise.withResolvers<void>();
  const source: ScriptedSource = {
    name: 'scripted',
    content,
    version: 'v1',
    name_: 'file.bin',
    acts: [],
    resolveFailures: [],
    resolves: [],
    fetchedFrom: [],
    waiting: waiting.promise,
    accepts: (link) => link.startsWith('scripted:'),
    keyOf: (link) => link,
    async resolve(request): Promise<Manifest> {
      source.resolves.push(request);
      const failure = source.resolveFailures.shift();
      if (failure) throw failure;
      const continues = request.resume?.token['version'] === source.version;
      return {
        name: source.name_,
        files: [{ path: source.name_, size: source.content.length, main: true }],
        totalBytes: source.content.length,
        resumeToken: { version: source.version },
        continues,
        ...(request.resume && !continues ? { reason: 'the file changed on the server' } : {}),
        plan: null,
      };
    },
    fetch: (request) => startTransfer(source, request, integrity, () => waiting.resolve()),
    close: async () => {},
  };
  return source;
}

function startTransfer(source: ScriptedSource, request: FetchRequest, integrity: Integrity, onWait: () => void): Transfer {
  const [target] = request.targets;
  if (!target) throw new Error('a fetch without a target');
  const act = source.acts.shift() ?? {};
  const from = contiguousFromStart(target.durable);
  source.fetchedFrom.push(from);
  const to = Math.min(source.content.length, from + (act.bytes ?? source.content.length));
  const file = realDisk.open(target.path);
  if (to > from) file.write(source.content, from, to - from, from);
  const written: readonly Range[] = normalRanges([...target.durable, [from, to]]);
  const done = Promise.withResolvers<Awaited<Transfer['done']>>();
  if (act.then === 'wait') onWait();
  else if (act.then) done.reject(act.then);
  else if (bytesIn(written) === source.content.length) {
    done.resolve({ files: [{ position: 0, size: source.content.length, integrity }] });
  } else done.reject(new Failure('network', 'the connection was closed early'));
  done.promise.catch(() => {});
  return {
    done: done.promise,
    async flush() {
      await file.syncData();
      return [{ position: 0, ranges: written }];
    },
    progress: () => ({ bytes: bytesIn(written), connections: 1 }),
    tune: () => {},
    nudge: () => {},
    close: () => file.close(),
  };
}
