import type { Config } from '../config/config.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { Retention, RetentionRules } from '../downloads/retention.ts';
import type { TidyReport } from '../downloads/tidy-report.ts';
import type { Log } from '../log/log.ts';
import { tidy } from '../queue/tidy.ts';
import type { TidyParts } from '../queue/tidy-run.ts';
import type { Source } from '../sources/source.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { LiveSettings } from './live-settings.ts';
import type { LazySteps } from './open-steps.ts';
import { sidecarFilesIn } from './recovery.ts';

export interface TidyMade {
  readonly settings: Pick<LiveSettings, 'config'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** This instance's uid. */
  readonly uid: string;
  /** Throws `Failure('link')` for one that this version does not know. */
  sourceNamed(name: string): Source | Promise<Source>;
  readonly steps: LazySteps;
}

/** Keeps order because a person asked for it: also what no store knows goes then. */
export function tidyOnce(made: TidyMade, { dryRun }: { readonly dryRun: boolean }): Promise<TidyReport> {
  return tidy(tidyParts(made), { work: true, unknown: true, dryRun }, new AbortController().signal);
}

/** What keeping order works with in this process. */
export function tidyParts(made: TidyMade): TidyParts {
  const { store, clock, log, settings, uid } = made;
  return {
    ...{ store, clock, disk: realDisk, instance: uid },
    log: log.room('queue'),
    seesAll: store.kind === 'file',
    giveUpElsewhere: async (download) => {
      const source = await made.sourceNamed(download.source);
      await source.giveUp?.(download, new AbortController().signal);
    },
    giveUpStep: async (spec, mark, signal) =>
      (await (await made.steps.load()).make(spec).giveUp?.(mark, signal)) ?? mark,
    hasBegun: async (spec, mark) => (await (await made.steps.load()).make(spec).hasBegun?.(mark)) ?? false,
    keepers: async () => [await made.sourceNamed('torrent')],
    sidecarsIn: (folder) => sidecarFilesIn(folder),
    get rules() {
      return rulesFor(settings.config);
    },
  };
}

function rulesFor(config: Config): TidyParts['rules'] {
  const { partials_after, forget_failed_after } = config.retention;
  return {
    retention: retentionOf(config),
    ...(partials_after === 'off' ? {} : { partialsAfter: partials_after }),
    ...(forget_failed_after === 'off' ? {} : { forgetFailedAfter: forget_failed_after }),
  };
}

type Rules = Config['retention']['categories'][string];

function retentionOf({ retention }: Pick<Config, 'retention'>): Retention {
  const { max_files, max_bytes, max_age } = retention;
  const rules = { max_files, max_bytes, max_age };
  const categories = Object.entries(retention.categories).map(([name, own]) => [name, rulesOf(own, rules)] as const);
  return { rules: rulesOf(rules, {}), categories: new Map(categories) };
}

/** A category takes the rules it leaves out from those of all. */
function rulesOf(own: Rules, others: Rules): RetentionRules {
  const { max_files = 'off', max_bytes = 'off', max_age = 'off' } = { ...others, ...own };
  return {
    ...(max_files === 'off' ? {} : { maxFiles: max_files }),
    ...(max_bytes === 'off' ? {} : { maxBytes: max_bytes }),
    ...(max_age === 'off' ? {} : { maxAge: max_age }),
  };
}
