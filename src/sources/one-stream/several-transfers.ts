import { Failure } from '../../downloads/failure.ts';
import { bytesIn, normalRanges, type Range } from '../../downloads/ranges.ts';
import type {
  FetchTarget,
  FileRanges,
  FinishedFile,
  Transfer,
  TransferEnd,
  TransferLimits,
  TransferProgress,
} from '../source.ts';
import { untilClosed } from '../until-closed.ts';

export interface SeveralParts {
  readonly targets: readonly FetchTarget[];
  /** Files that are fetched at the same time. */
  readonly atOnce: number;
  /** A transfer of this one target. */
  begin(target: FetchTarget): Transfer;
  /** Looks at a file whose bytes are all there, before it counts as finished. Throws `Failure`. */
  prove(target: FetchTarget, file: FinishedFile, signal: AbortSignal): Promise<FinishedFile>;
}

/** What is known of a target that was begun. */
interface Begun {
  /** Undefined once it has ended. */
  transfer: Transfer | undefined;
  ranges: readonly Range[];
}

/** Several targets, a few at the same time, each fetched by a transfer of its own; `source.ts` has the promises. */
export class SeveralTransfers implements Transfer {
  readonly done: Promise<TransferEnd>;
  readonly #parts: SeveralParts;
  readonly #running: Promise<unknown>;
  readonly #closing = new AbortController();
  readonly #waiting: FetchTarget[];
  readonly #begun = new Map<number, Begun>();
  readonly #finished: FinishedFile[] = [];
  /** Bytes of the targets that do not run. */
  #resting: number;
  #rate = 0;
  #failed = false;

  constructor(parts: SeveralParts) {
    this.#parts = parts;
    this.#waiting = [...parts.targets];
    this.#resting = parts.targets.reduce((sum, { durable }) => sum + bytesIn(durable), 0);
    const lanes = Array.from({ length: Math.max(1, parts.atOnce) }, () => this.#lane());
    this.#running = Promise.allSettled(lanes);
    const all = Promise.all(lanes).then(() => ({ files: this.#finished }));
    this.done = untilClosed(all, this.#closing.signal);
  }

  async flush(): Promise<readonly FileRanges[]> {
    for (const begun of this.#begun.values()) {
      if (begun.transfer) begun.ranges = (await begun.transfer.flush())[0]?.ranges ?? begun.ranges;
    }
    return [...this.#begun].map(([position, { ranges }]) => ({ position, ranges }));
  }

  progress(): TransferProgress {
    const running = this.#transfers().map((transfer) => transfer.progress());
    return {
      bytes: running.reduce((sum, { bytes }) => sum + bytes, this.#resting),
      connections: running.reduce((sum, { connections }) => sum + connections, 0),
    };
  }

  tune({ rate }: TransferLimits): void {
    this.#rate = rate ?? this.#rate;
    this.#shareRate();
  }

  nudge(): void {
    for (const transfer of this.#transfers()) transfer.nudge();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Failure('internal', 'the transfer is closed'));
    await Promise.all(this.#transfers().map((transfer) => transfer.close()));
    await this.#running;
  }

  #transfers(): Transfer[] {
    return [...this.#begun.values()].flatMap(({ transfer }) => transfer ?? []);
  }

  /** Its file is closed now, however many follow. */
  async #end(begun: Begun, transfer: Transfer, size: number): Promise<void> {
    begun.transfer = undefined;
    this.#resting += size;
    this.#shareRate();
    try {
      begun.ranges = (await transfer.flush())[0]?.ranges ?? begun.ranges;
    } finally {
      await transfer.close();
    }
  }

  /** Each gets an equal part, whatever it makes of it. */
  #shareRate(): void {
    const running = this.#transfers();
    for (const transfer of running) transfer.tune({ rate: this.#rate / running.length });
  }

  /** One after the other, until none waits or one has failed. */
  async #lane(): Promise<void> {
    for (;;) {
      const target = this.#waiting.shift();
      if (!target || this.#failed || this.#closing.signal.aborted) return;
      try {
        await this.#one(target);
      } catch (error) {
        this.#failed = true;
        throw error;
      }
    }
  }

  async #one(target: FetchTarget): Promise<void> {
    const transfer = this.#parts.begin(target);
    const begun: Begun = { transfer, ranges: normalRanges(target.durable) };
    this.#resting -= bytesIn(target.durable);
    this.#begun.set(target.position, begun);
    this.#shareRate();
    const { signal } = this.#closing;
    const closed = Promise.withResolvers<never>();
    closed.promise.catch(() => {});
    const onClose = () => closed.reject(signal.reason);
    signal.addEventListener('abort', onClose, { once: true });
    try {
      const [file] = (await Promise.race([transfer.done, closed.promise])).files;
      if (!file) throw new Failure('internal', 'a transfer ended without its file');
      const proved = await this.#parts.prove(target, file, signal);
      await this.#end(begun, transfer, file.size);
      this.#finished.push(proved);
    } finally {
      signal.removeEventListener('abort', onClose);
    }
  }
}
