import type { Run } from '../engine/run.ts';
import type { Log } from '../log/log.ts';
import type { SeedStore } from '../store/seed-store.ts';
import type { Clock } from '../time/clock.ts';
import { afterLook, type Movement, notYetMoved } from './idle.ts';
import type { Service } from './service.ts';

/** How often it looks, ms. */
const beat = 1000;

export interface IdleKeeperParts {
  readonly store: Pick<SeedStore, 'setIdle'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: ReadonlyMap<number, Run>;
  /** How long a torrent may get nothing and keep its slot, ms; undefined: for ever. */
  readonly idleAfter: number | undefined;
  /** A slot is free now. */
  onFree(): void;
}

/** Tells which torrents get nothing, so that they take no slot; the store is told for the other processes. */
export class IdleKeeper implements Service {
  readonly #parts: IdleKeeperParts;
  readonly #movements = new Map<Run, Movement>();
  #cancel: (() => void) | undefined;

  constructor(parts: IdleKeeperParts) {
    this.#parts = parts;
  }

  /** Runs that take no slot now. */
  get idle(): number {
    const runs = new Set(this.#parts.runs.values());
    return [...this.#movements].filter(([run, { isIdle }]) => isIdle && runs.has(run) && run.status === 'downloading')
      .length;
  }

  async start(): Promise<void> {
    this.#cancel ??= this.#parts.clock.every(beat, () => this.#look());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
  }

  #look(): void {
    const { runs, clock, idleAfter } = this.#parts;
    const running = new Set(
      [...runs.values()].filter((run) => run.source === 'torrent' && run.status === 'downloading'),
    );
    for (const run of this.#movements.keys()) if (!running.has(run)) this.#movements.delete(run);
    for (const run of running) {
      const now = clock.monotonic();
      const before = this.#movements.get(run) ?? notYetMoved(now);
      const progress = run.transfer?.progress();
      const received = progress?.received ?? progress?.bytes ?? 0;
      const after = afterLook(before, { received, now, idleAfter });
      this.#movements.set(run, after);
      if (after.isIdle !== before.isIdle) void this.#tell(run, after.isIdle);
    }
  }

  async #tell(run: Run, isIdle: boolean): Promise<void> {
    const { store, log, onFree } = this.#parts;
    try {
      await store.setIdle(run.claim.lease, isIdle);
    } catch (error) {
      log.warn({ error, download: run.claim.download.id }, 'it could not be recorded whether a slot is taken');
    }
    if (isIdle) onFree();
  }
}
