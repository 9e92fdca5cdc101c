import type { Disk, OpenFile } from '../../src/disk/disk.ts';
import { diskFailure } from '../../src/disk/disk-failure.ts';
import { leasedDisk } from '../../src/disk/leased-disk.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { Integrity } from '../../src/downloads/download.ts';
import { Failure } from '../../src/downloads/failure.ts';
import { bytesIn, contiguousFromStart, missingRanges, normalRanges, type Range } from '../../src/downloads/ranges.ts';
import type {
  FetchRequest,
  FetchTarget,
  FinishedFile,
  Manifest,
  ResolveRequest,
  Source,
  Transfer,
} from '../../src/sources/source.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';

/** What the next fetch does: writes so many bytes, then ends, fails, or waits to be closed. */
export interface Act {
  /** Bytes written before the end of the act; left out: all that is missing. */
  readonly bytes?: number;
  readonly ending?: Failure | 'wait';
  /** What it writes to the main file is wrong, and nobody says so. */
  readonly wrong?: true;
}

/** A source without a network: it delivers `content` as its script says, and remembers what it was asked. */
export interface ScriptedSource extends Source {
  content: Buffer;
  version: string;
  name_: string;
  /** Further files beside the main one. */
  more: readonly { readonly path: string; readonly content: Buffer }[];
  /** The position of the main file among them. */
  mainAt: number;
  readonly acts: Act[];
  /** The next resolves throw these first. */
  readonly resolveFailures: Failure[];
  readonly resolves: ResolveRequest[];
  /** The first byte each fetch began at. */
  readonly fetchedFrom: number[];
  /** Resolves when a fetch waits. */
  readonly waiting: Promise<void>;
}

/** How a scripted source writes. */
export interface Writing {
  readonly disk?: Disk;
  /** Bytes of one write; left out: all at once. */
  readonly chunk?: number;
  /** What the deadline of a lease is read against; left out: the system's. */
  readonly clock?: Clock;
  /** Between two writes; left out: everything is written before `fetch` returns. */
  readonly pace?: () => Promise<void>;
}

export function scriptedSource(
  content: Buffer,
  integrity: Integrity = 'validator',
  writing: () => Writing = () => ({}),
): ScriptedSource {
  const waiting = Promise.withResolvers<void>();
  const source: ScriptedSource = {
    name: 'scripted',
    createsPartials: true,
    content,
    version: 'v1',
    name_: 'file.bin',
    more: [],
    mainAt: 0,
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
      const continues = request.resume?.token.version === source.version;
      return {
        name: source.name_,
        files: filesOf(source).map(({ path, content: { length }, main }) => ({ path, size: length, main })),
        totalBytes: filesOf(source).reduce((sum, file) => sum + file.content.length, 0),
        resumeToken: { version: source.version },
        continues,
        ...(request.resume && !continues ? { reason: 'the file changed on the server' } : {}),
        plan: null,
      };
    },
    fetch(request) {
      source.fetchedFrom.push(contiguousFromStart(request.targets[0]?.durable ?? []));
      const usual = { disk: realDisk, clock: systemClock, chunk: Number.POSITIVE_INFINITY };
      return startTransfer(source, request, { ...usual, integrity, ...writing() }, () => waiting.resolve());
    },
    close: async () => {},
  };
  return source;
}

type How = Required<Omit<Writing, 'pace'>> & Pick<Writing, 'pace'> & { readonly integrity: Integrity };

/** A partial as it is being written. */
interface Written {
  readonly target: FetchTarget;
  readonly content: Buffer;
  readonly file: OpenFile;
  ranges: readonly Range[];
  durable: readonly Range[];
}

function startTransfer(source: ScriptedSource, request: FetchRequest, how: How, onWait: () => void): Transfer {
  const { integrity, disk, clock, chunk, pace } = how;
  const act = source.acts.shift() ?? {};
  const leased = leasedDisk(disk, request.deadline, clock);
  const files = request.targets.map((target) => openTarget(leased, source, target));
  const done = Promise.withResolvers<Awaited<Transfer['done']>>();
  done.promise.catch(() => {});
  let closed = false;
  let syncFailed = false;
  writeAll(act.bytes ?? Number.POSITIVE_INFINITY).then(endAct, (error: unknown) => fail(error));
  return {
    done: done.promise,
    async flush() {
      for (const written of files) if (!syncFailed) await flushOne(written);
      return files.map(({ target, durable }) => ({ position: target.position, ranges: durable }));
    },
    progress: () => ({ bytes: files.reduce((sum, { ranges }) => sum + bytesIn(ranges), 0), connections: 1 }),
    tune: () => {},
    nudge: () => {},
    async close() {
      closed = true;
      await Promise.all(files.map(({ file }) => file.close()));
    },
  };

  /** Without a pace it has written all when it returns. */
  async function writeAll(budget: number): Promise<void> {
    let left = budget;
    for (const written of files) {
      for (const [from, to] of missingRanges(written.ranges, written.content.length)) {
        for (let at = from; at < to && left > 0; ) {
          const length = Math.min(chunk, to - at, left);
          writeSome(written, at, length);
          at += length;
          left -= length;
          if (pace) await pace();
          if (closed) return;
        }
      }
    }
  }

  function writeSome(written: Written, at: number, length: number): void {
    const bytes = Buffer.from(written.content.subarray(at, at + length));
    if (act.wrong && written.target.position === source.mainAt) bytes[0] = ~(bytes[0] ?? 0) & 0xff;
    written.file.write(bytes, 0, length, at);
    written.ranges = normalRanges([...written.ranges, [at, at + length]]);
  }

  function endAct(): void {
    if (closed) return;
    if (act.ending === 'wait') onWait();
    else if (act.ending) done.reject(act.ending);
    else if (files.every(({ ranges, content }) => bytesIn(ranges) === content.length)) {
      Promise.all(files.map((file) => finished(file, integrity))).then(
        (ended) => done.resolve({ files: ended }),
        failSync,
      );
    } else done.reject(new Failure('network', 'the connection was closed early'));
  }

  /** After a failed sync nothing since the last good one ever counts. */
  async function flushOne(written: Written): Promise<void> {
    const { ranges } = written;
    await written.file.syncData().then(() => {
      written.durable = ranges;
    }, failSync);
  }

  function failSync(error: unknown): void {
    syncFailed = true;
    fail(error);
  }

  function fail(error: unknown): void {
    done.reject(diskFailure(error, request.targets[0]?.path ?? ''));
  }
}

/** A short file is synced as a whole by whoever created it. */
async function finished({ target, content, file }: Written, integrity: Integrity): Promise<FinishedFile> {
  const end = { position: target.position, size: content.length, integrity };
  if (!target.create) return end;
  await file.sync();
  return { ...end, synced: await file.facts() };
}

function filesOf({ name_, content, more, mainAt }: ScriptedSource) {
  const others = more.map((file) => ({ ...file, main: false }));
  return others.toSpliced(mainAt, 0, { path: name_, content, main: true });
}

function openTarget(disk: Disk, source: ScriptedSource, target: FetchTarget): Written {
  const { content } = filesOf(source)[target.position] ?? source;
  return { target, content, file: opened(disk, target), ranges: target.durable, durable: target.durable };
}

function opened(disk: Disk, { path, create }: FetchTarget): OpenFile {
  try {
    return create ? disk.create(path, create.mode) : disk.open(path);
  } catch (error) {
    throw diskFailure(error, path);
  }
}
