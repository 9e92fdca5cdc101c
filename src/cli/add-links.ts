import type { Added, AddRequest } from '../commands/commands.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import type { Clock } from '../time/clock.ts';
import type { AskedLink } from './asked-links.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { Context } from './verb.ts';

/** Added in one transaction; more would hold up other processes. */
const mostAtOnce = 500;
/** What has come is added when nothing more has come for so long: somebody may be typing. */
const patience = 100;

/**
 * Adds all that is asked for, some hundred at a time; `onAdded` hears of each in order. A link that is
 * refused is said, with its line where it has one, and keeps no other out. The most serious code.
 */
export async function addLinks(
  context: Context,
  longhaul: Longhaul,
  asked: AsyncGenerator<AskedLink>,
  request: Pick<AddRequest, 'metadata' | 'runner'>,
  onAdded: (added: Added) => void | Promise<void>,
): Promise<ExitCode> {
  const codes = new Set<ExitCode>();
  for await (const batch of batches(asked, context.clock)) {
    const good = batch.flatMap((one) => ('wrong' in one ? [] : [one]));
    const answers = await longhaul.commands.addMany(good.map(({ where: _, ...one }) => ({ ...request, ...one })));
    let next = 0;
    for (const one of batch) {
      if ('wrong' in one) {
        codes.add(refused(context, one.wrong));
        continue;
      }
      const answer = answers[next++];
      if (!answer) continue;
      if ('refused' in answer) {
        const explained = explain(answer.refused);
        if (!explained) throw answer.refused;
        codes.add(
          refused(
            context,
            `${one.where === undefined ? '' : `${one.where}: `}${explained.message ?? ''}`,
            explained.code,
          ),
        );
      } else await onAdded(answer);
    }
  }
  return worst(codes);
}

function refused(context: Context, sentence: string, code: ExitCode = exit.usage): ExitCode {
  const { look, line } = context.screen.err;
  line(`${look.symbol('failed')} ${printable(sentence)}`);
  return code;
}

/** Portions of what comes: full ones, and smaller ones where nothing more comes for the moment. */
async function* batches<T>(items: AsyncGenerator<T>, clock: Clock): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let next = items.next();
  for (;;) {
    const idle = Promise.withResolvers<undefined>();
    const cancel = batch.length > 0 ? clock.after(patience, () => idle.resolve(undefined)) : () => {};
    const found = await Promise.race([next, idle.promise]);
    cancel();
    if (found && !found.done) {
      batch.push(found.value);
      next = items.next();
    }
    if (batch.length > 0 && (!found || found.done || batch.length === mostAtOnce)) {
      yield batch;
      batch = [];
    }
    if (found?.done) return;
  }
}
