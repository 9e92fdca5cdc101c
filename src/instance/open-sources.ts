import type { Config } from '../config/config.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { Log } from '../log/log.ts';
import type { Sources } from '../sources/registry.ts';
import type { Clock } from '../time/clock.ts';

export interface LazySources {
  load(): Promise<Sources>;
  /** Safe to call twice, and when nothing was loaded. */
  close(): Promise<void>;
}

/** The sources of this version, loaded when the first is needed: verbs that only read never pay for them. */
export function lazySources(parts: { readonly config: Config; readonly clock: Clock; readonly log: Log }): LazySources {
  let loaded: Promise<Sources> | undefined;
  return {
    load() {
      loaded ??= loadSources(parts);
      return loaded;
    },
    async close() {
      if (loaded) await (await loaded).close();
    },
  };
}

async function loadSources({
  config,
  clock,
  log,
}: {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
}) {
  const [{ createHttpThreads }, { sourceRegistry }] = await Promise.all([
    import('../sources/http/http-threads.ts'),
    import('../sources/registry.ts'),
  ]);
  const http = createHttpThreads({ config: config.http, clock, disk: realDisk, log: log.room('sources/http') });
  return sourceRegistry([http], ['http://', 'https://']);
}
