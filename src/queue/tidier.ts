import { isAnyRule } from '../downloads/retention.ts';
import type { TidyReport } from '../downloads/tidy-report.ts';
import type { Service } from './service.ts';
import { tidy } from './tidy.ts';
import type { TidyParts, TidyScope } from './tidy-run.ts';

/** By the clock it is done this often, ms. */
const every = 60 * 60 * 1000;
/** Somebody else was at it: again after so many ms. */
const againAfter = 5000;
/** How long a run that was begun may go on when everything stops, ms; the next one goes on with the rest. */
const patience = 2000;

export interface Tidier extends Service {
  /** A download was completed: its rules may ask for something. */
  completed(): void;
}

/** Keeps order in the background: at the start, after each completion, and by the clock. */
export function createTidier(parts: TidyParts): Tidier {
  const { clock, log } = parts;
  const abort = new AbortController();
  const cancels: (() => void)[] = [];
  let running: Promise<void> | undefined;
  let wanted: TidyScope | undefined;
  let stopping = false;

  return {
    completed() {
      if (isAnyRule(parts.rules.retention)) soon({ work: false });
    },
    async start() {
      if (cancels.length > 0 || stopping) return;
      cancels.push(clock.every(every, () => soon({ work: true })));
      soon({ work: true });
    },
    async stop() {
      stopping = true;
      for (const cancel of cancels) cancel();
      if (!running) return;
      const cancel = clock.after(patience, () => abort.abort());
      const aborted = new Promise<void>((resolve) => {
        abort.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      // A disk that hangs must not hold the process.
      await Promise.race([running, aborted]);
      cancel();
    },
  };

  function soon({ work }: { readonly work: boolean }): void {
    wanted = { work: work || (wanted?.work ?? false), unknown: false, dryRun: false };
    running ??= runAll().finally(() => {
      running = undefined;
    });
  }

  async function runAll(): Promise<void> {
    while (wanted && !abort.signal.aborted) {
      const scope: TidyScope = { ...wanted, work: wanted.work && !stopping };
      wanted = undefined;
      try {
        const report = await tidy(parts, scope, abort.signal);
        if (report.busy && !stopping) cancels.push(clock.after(againAfter, () => soon(scope)));
        tellLog(report);
      } catch (error) {
        log.warn({ error }, 'order could not be kept; it is tried again in an hour');
      }
    }
  }

  function tellLog({ actions }: TidyReport): void {
    for (const action of actions) log.info({ ...action }, 'tidied');
  }
}
