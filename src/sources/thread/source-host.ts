import { asFailure, Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import type { Seeding, Source, Transfer } from '../source.ts';
import { type Answer, figure, isSynced, type Order, plainAnswer, plainFailure, type Word } from './messages.ts';
import { unpacked } from './packed.ts';

/** How often the live figures are put where the main thread reads them, ms. */
const figuresEvery = 50;

export interface HostPort {
  on(event: 'message', listener: (order: Order) => void): unknown;
  postMessage(word: Word): void;
}

interface Running {
  readonly transfer: Pick<Transfer, 'progress' | 'flush' | 'tune' | 'nudge' | 'close'>;
  readonly figures: Float64Array;
}

/**
 * Runs a source for another thread: the far end of `threadSource`. Bytes stay here; figures go by
 * shared memory, everything else by messages. `pulse` is counted up while this thread lives.
 */
export function hostSource(source: Source, port: HostPort, clock: Clock, pulse: Int32Array): void {
  const resolving = new Map<number, AbortController>();
  const running = new Map<number, Running>();
  const answer = (call: number, work: Promise<Answer>) => {
    work.then(
      (value) => port.postMessage({ word: 'answer', call, value: plainAnswer(value) }),
      (error) => port.postMessage({ word: 'failure', call, failure: plainFailure(asFailure(error)) }),
    );
  };

  clock.every(figuresEvery, () => {
    Atomics.add(pulse, 0, 1);
    for (const each of running.values()) show(each);
  });

  port.on('message', (order) => {
    switch (order.order) {
      case 'resolve':
        return answer(order.call, resolve(order.call, order.request));
      case 'abandon':
        return resolving.get(order.call)?.abort();
      case 'fetch':
        return answer(order.call, fetch(order));
      case 'seed':
        return answer(order.call, seed(source, order, running));
      case 'discard':
        return source.discard?.(order.manifest);
      case 'flush':
        return answer(order.call, running.get(order.transfer)?.transfer.flush() ?? Promise.resolve([]));
      case 'tune':
        return running.get(order.transfer)?.transfer.tune(order.limits);
      case 'nudge':
        return running.get(order.transfer)?.transfer.nudge();
      case 'close':
        return answer(order.call, close(order.transfer));
      case 'end':
        return answer(
          order.call,
          source.close().then(() => undefined),
        );
    }
  });

  async function resolve(call: number, request: Extract<Order, { order: 'resolve' }>['request']) {
    const abort = new AbortController();
    resolving.set(call, abort);
    try {
      return await source.resolve(request, abort.signal);
    } finally {
      resolving.delete(call);
    }
  }

  async function fetch({ call, request, figures }: Extract<Order, { order: 'fetch' }>) {
    const transfer = source.fetch({
      ...request,
      targets: unpacked(request.targets),
      onNote: (note) => port.postMessage({ word: 'note', transfer: call, note }),
    });
    const own = { transfer, figures: new Float64Array(figures) };
    running.set(call, own);
    const end = await transfer.done;
    show(own);
    if (isSynced(end)) await close(call);
    return end;
  }

  /** The transfer stays known until it is closed: a flush may come after its end, unless all of it is synced. */
  async function close(id: number): Promise<undefined> {
    await running.get(id)?.transfer.close();
    running.delete(id);
  }
}

/** Until it is closed. Throws `Failure` when it cannot go on. */
async function seed(
  source: Source,
  { call, request, figures }: Extract<Order, { order: 'seed' }>,
  running: Map<number, Running>,
): Promise<undefined> {
  if (!source.seed) throw new Failure('internal', `${source.name} has nobody to send anything to`);
  const seeding = source.seed({ ...request, files: unpacked(request.files) });
  const closed = Promise.withResolvers<undefined>();
  const transfer = asTransfer(seeding, () => closed.resolve(undefined));
  running.set(call, { transfer, figures: new Float64Array(figures) });
  return Promise.race([seeding.done, closed.promise]);
}

/** It is looked at and closed as one. */
function asTransfer(seeding: Seeding, onClosed: () => void): Running['transfer'] {
  return {
    progress() {
      const { uploaded, connections } = seeding.progress();
      return { bytes: uploaded, connections };
    },
    flush: async () => [],
    tune: () => {},
    nudge: () => {},
    close: () => seeding.close().finally(onClosed),
  };
}

function show({ transfer, figures }: Running): void {
  const { bytes, connections, received, media } = transfer.progress();
  figures[figure.bytes] = bytes;
  figures[figure.connections] = connections;
  figures[figure.received] = received ?? bytes;
  figures[figure.media] = media?.current ?? 0;
  figures[figure.mediaTotal] = media?.total ?? 0;
}
