import type { Living } from '../commands/parts.ts';
import type { Log } from '../log/log.ts';
import type { Service } from '../queue/service.ts';
import { type InstanceRow, NotPossible, type Store, StoreFailure } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

export interface RegistrationParts {
  readonly instance: Omit<InstanceRow, 'beatAt'>;
  /** No other living `serve` may have it. */
  readonly name?: string;
  readonly store: Pick<Store, 'registerInstance' | 'forgetInstance' | 'takeName'>;
  readonly living: Pick<Living, 'isAlive' | 'bury'>;
  readonly clock: Clock;
  readonly log: Log;
  /** As the engine's. */
  readonly onLost?: () => void;
  /** Ms. */
  readonly heartbeat: number;
}

/**
 * Says again and again that it is there: an instance that was stopped for long has been forgotten by the others, and its
 * name may be another's by then. Who has lost its name says so, goes on, and has it again when it is free.
 * `start` throws `NotPossible` where another living `serve` has the name.
 */
export function createRegistration(parts: RegistrationParts): Service {
  const { instance, name, store, clock, log, heartbeat } = parts;
  let cancel: (() => void) | undefined;
  let saying: Promise<void> = Promise.resolve();
  let taker: string | undefined;
  const say = () => store.registerInstance({ ...instance, beatAt: clock.now() });

  return {
    async start() {
      if (cancel) return;
      await say();
      cancel = clock.every(heartbeat, () => {
        saying = saying.then(sayAgain).catch((error) => {
          log.warn({ error }, 'a heartbeat could not be recorded');
          if (error instanceof StoreFailure && error.lost) parts.onLost?.();
        });
      });
      const holder = name === undefined ? undefined : await claimName(parts, name);
      if (!holder) return;
      throw new NotPossible(
        `longhaul serve runs here already under the name "${name}" (${placeOf(holder)}); stop it, or start this one with another name: longhaul serve --name NAME`,
      );
    },
    async stop() {
      if (!cancel) return;
      cancel();
      cancel = undefined;
      await saying;
      await store.forgetInstance(instance.uid, clock.now());
    },
  };

  async function sayAgain(): Promise<void> {
    await say();
    if (name === undefined || !cancel) return;
    const holder = await claimName(parts, name);
    if (holder?.uid === taker) return;
    taker = holder?.uid;
    if (!holder) return log.info({ name }, `the name "${name}" is this server's again`);
    log.warn(
      { name, holder: holder.uid },
      `this server was silent for so long that another one has its name "${name}" now (${placeOf(holder)}); both go on; stop one of them, or start it with another --name`,
    );
  }
}

function placeOf({ pid, host }: InstanceRow): string {
  return `process ${pid} on ${host}`;
}

/** Who has the name and lives; undefined: it is this instance's. */
async function claimName(
  { instance, store, clock, living }: RegistrationParts,
  name: string,
): Promise<InstanceRow | undefined> {
  for (;;) {
    const holder = await store.takeName(name, instance.uid, clock.now());
    if (!holder || (await living.isAlive(holder))) return holder;
    await living.bury(holder.uid);
  }
}
