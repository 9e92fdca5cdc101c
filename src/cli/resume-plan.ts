import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { type Status, unfinishedStatuses } from '../downloads/states.ts';
import type { Longhaul } from '../instance/longhaul.ts';

/** What is needed of each: there may be a hundred thousand. */
export type Planned = Pick<Download, 'id' | 'name' | 'link' | 'status' | 'retryCount' | 'errorClass' | 'errorMessage'>;

export interface ResumePlan {
  /** Failed ones that may go better now, the oldest first; then what is unfinished, likewise. */
  readonly take: readonly Planned[];
  /** Failed for a reason that another try does not change. */
  readonly forGood: number;
  /** Tried `maxRetries` times or more. */
  readonly usedUp: number;
}

export interface PlanOptions {
  readonly limit?: number;
  readonly maxRetries?: number;
  /** Also what failed; left out: only what is unfinished. */
  readonly failed: boolean;
}

const resumable: readonly Status[] = unfinishedStatuses.filter((status) => status !== 'paused');
const page = 1000;

/** What `resume-downloads` takes, in this order, and how many it leaves. Paused downloads stay paused. */
export async function resumePlan(longhaul: Longhaul, options: PlanOptions): Promise<ResumePlan> {
  const most = options.maxRetries ?? Number.POSITIVE_INFINITY;
  const failed = options.failed ? await oldestFirst(longhaul, ['failed']) : [];
  const retryable = failed.filter(mayGoBetter);
  const all = [...retryable, ...(await oldestFirst(longhaul, resumable))];
  const take = all.filter(({ retryCount }) => retryCount < most);
  return {
    take: take.slice(0, Math.max(0, options.limit ?? take.length)),
    forGood: failed.length - retryable.length,
    usedUp: all.length - take.length,
  };
}

function mayGoBetter({ errorClass }: Planned): boolean {
  return errorClass === null || new Failure(errorClass, '').retry.when !== 'never';
}

async function oldestFirst(longhaul: Longhaul, statuses: readonly Status[]): Promise<Planned[]> {
  const found: Planned[] = [];
  for (;;) {
    const last = found.at(-1);
    const rows = await longhaul.commands.list({ statuses, limit: page, ...(last ? { beforeId: last.id } : {}) });
    for (const { id, name, link, status, retryCount, errorClass, errorMessage } of rows) {
      found.push({ id, name, link, status, retryCount, errorClass, errorMessage });
    }
    if (rows.length < page) break;
  }
  return found.reverse();
}
