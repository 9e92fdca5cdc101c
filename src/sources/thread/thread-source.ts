import { Failure } from '../../downloads/failure.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { FetchRequest, Manifest, Seeding, SeedRequest, Source, Transfer, TransferEnd } from '../source.ts';
import { figure, figuresBytes, isSynced } from './messages.ts';
import { packed } from './packed.ts';
import { startThread, type Thread, type ThreadWorker } from './thread.ts';

export interface ThreadSourceParts {
  readonly name: string;
  readonly createsPartials?: Source['createsPartials'];
  readonly accepts: Source['accepts'];
  readonly keyOf: Source['keyOf'];
  readonly check?: NonNullable<Source['check']>;
  /** What is delivered can be sent to others, by the thread of this device. */
  readonly seedsIn?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A new thread that hosts the source; `pulse` goes into its `workerData`. */
  startWorker(pulse: SharedArrayBuffer): ThreadWorker;
  /** A key of the device that a folder (which may not exist yet) lies on. */
  deviceOf(directory: string): Promise<string>;
}

/**
 * A source whose work is done in threads of its own, one for each device that is written to: a hung
 * mount stops only its own downloads, and writing never holds up this thread. A thread that dies or
 * hangs is replaced; its transfers fail as `network` or `disk` and are tried again.
 */
export function threadSource(parts: ThreadSourceParts): Source {
  const threads = new Map<string, Thread>();
  const { seedsIn } = parts;

  return {
    name: parts.name,
    ...(parts.createsPartials ? { createsPartials: true } : {}),
    accepts: parts.accepts,
    keyOf: parts.keyOf,
    ...(parts.check ? { check: parts.check } : {}),
    async resolve(request, signal) {
      const device = await parts.deviceOf(request.directory);
      signal.throwIfAborted();
      const thread = threadFor(device);
      const call = thread.call((id) => ({ order: 'resolve', call: id, request }));
      const abandon = () => thread.send({ order: 'abandon', call: call.id });
      signal.addEventListener('abort', abandon, { once: true });
      try {
        const manifest = (await call.answer) as Manifest;
        return { ...manifest, plan: { device, plan: manifest.plan } satisfies ThreadPlan };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    },
    fetch(request) {
      const { device, plan } = request.manifest.plan as ThreadPlan;
      // What of its files is wanted the targets tell; of 100,000 the rest would cross threads for nothing.
      return transferIn(threadFor(device), { ...request, manifest: { ...request.manifest, files: [], plan } });
    },
    ...(seedsIn === undefined ? {} : { seed: (request) => seedingIn(threadFor(seedsIn), request) }),
    discard(manifest) {
      const { device, plan } = manifest.plan as ThreadPlan;
      const thread = threads.get(device);
      if (thread?.alive) thread.send({ order: 'discard', manifest: { ...manifest, files: [], plan } });
    },
    async close() {
      const ending = [...threads.values()];
      threads.clear();
      await Promise.all(ending.map((thread) => thread.end()));
    },
  };

  function threadFor(device: string): Thread {
    const known = threads.get(device);
    if (known?.alive) return known;
    const thread = startThread(parts, () => {
      if (threads.get(device) === thread) threads.delete(device);
    });
    threads.set(device, thread);
    return thread;
  }
}

/** Which thread holds the connection that the resolve opened. */
interface ThreadPlan {
  readonly device: string;
  readonly plan: unknown;
}

function transferIn(thread: Thread, { onNote, ...request }: FetchRequest): Transfer {
  const shared = new SharedArrayBuffer(figuresBytes);
  const figures = new Float64Array(shared);
  // Until the thread tells more: what is missing is asked for at once, to keep room for it.
  figures[figure.bytes] = request.targets.reduce((sum, { durable }) => sum + bytesIn(durable), 0);
  const told = { ...request, targets: packed(request.targets) };
  const fetch = thread.call((id) => ({ order: 'fetch', call: id, request: told, figures: shared }));
  const transfer = fetch.id;
  if (onNote) thread.onNote(transfer, onNote);
  let closing: Promise<void> | undefined;
  let closed = false;
  const done = new Promise<TransferEnd>((resolve, reject) => {
    fetch.answer.then(
      (end) => {
        closed = isSynced(end as TransferEnd);
        if (!closing) resolve(end as TransferEnd);
      },
      (failure: unknown) => closing ?? reject(failure),
    );
  });
  done.catch(() => {});
  return {
    done,
    async flush() {
      if (closing) throw new Failure('internal', 'the transfer is closed');
      if (closed) return [];
      return (await thread.call((call) => ({ order: 'flush', call, transfer })).answer) as Awaited<
        ReturnType<Transfer['flush']>
      >;
    },
    progress() {
      const total = figures[figure.mediaTotal] ?? 0;
      return {
        bytes: figures[figure.bytes] ?? 0,
        connections: figures[figure.connections] ?? 0,
        received: figures[figure.received] ?? 0,
        ...(total === 0 ? {} : { media: { current: figures[figure.media] ?? 0, total } }),
      };
    },
    tune: (limits) => thread.send({ order: 'tune', transfer, limits }),
    nudge: () => thread.send({ order: 'nudge', transfer }),
    close() {
      closing ??= close();
      return closing;
    },
  };

  /** When the thread is gone nothing is written any more either. */
  async function close(): Promise<void> {
    if (!closed) await thread.call((call) => ({ order: 'close', call, transfer })).answer.catch(() => {});
    thread.forget(transfer);
  }
}

function seedingIn(thread: Thread, request: SeedRequest): Seeding {
  const shared = new SharedArrayBuffer(figuresBytes);
  const figures = new Float64Array(shared);
  const told = { ...request, files: packed(request.files) };
  const seed = thread.call((call) => ({ order: 'seed', call, request: told, figures: shared }));
  const { promise: done, reject } = Promise.withResolvers<never>();
  done.catch(() => {});
  let closing: Promise<void> | undefined;
  seed.answer.catch((failure: unknown) => closing ?? reject(failure));
  return {
    done,
    progress: () => ({ uploaded: figures[figure.bytes] ?? 0, connections: figures[figure.connections] ?? 0 }),
    close() {
      closing ??= thread
        .call((call) => ({ order: 'close', call, transfer: seed.id }))
        .answer.then(
          () => {},
          () => {},
        );
      return closing;
    },
  };
}
