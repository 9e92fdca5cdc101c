import type { Added, AddRequest, Duplicate, IfExists } from '../commands/commands.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import type { Clock } from '../time/clock.ts';
import type { AskedLink, GoodLink } from './asked-links.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { explain } from './explain.ts';
import { nameOf, placeOf } from './texts.ts';
import type { Context } from './verb.ts';

/** Added in one transaction; more would hold up other processes. */
const mostAtOnce = 500;
/** What has come is added when nothing more has come for so long: somebody may be typing. */
const patience = 100;

/** What is to become of what is there already; with `ask` a person at a terminal is asked where it was delivered. */
export interface Existing {
  readonly ifExists?: IfExists;
  readonly ask: boolean;
}

/** As asked for on the command line, or else as configured. */
export function existingOf(
  given: { readonly ifExists?: IfExists; readonly json?: boolean },
  configured: IfExists | 'ask',
): Existing {
  const wanted = given.ifExists ?? configured;
  return wanted === 'ask' ? { ask: given.json !== true } : { ifExists: wanted, ask: false };
}

/**
 * Adds all that is asked for, some hundred at a time; `onAdded` hears of each in order. A link that is
 * refused is said, with its line where it has one, and keeps no other out. The most serious code.
 */
export async function addLinks(
  context: Context,
  longhaul: Longhaul,
  asked: AsyncGenerator<AskedLink>,
  request: Pick<AddRequest, 'category' | 'priority' | 'metadata' | 'runner'> & Existing,
  onAdded: (added: Added, asked: GoodLink) => void | Promise<void>,
): Promise<ExitCode> {
  const codes = new Set<ExitCode>();
  const { ask, ...common } = request;
  const wishFor = ask ? asker(context, longhaul) : async () => ({});
  for await (const batch of batches(asked, context.clock)) {
    const good = batch.flatMap((one) => ('wrong' in one ? [] : [one]));
    const requests: AddRequest[] = [];
    for (const { where: _, ...one } of good) requests.push({ ...common, ...one, ...(await wishFor(one)) });
    const answers = await longhaul.commands.addMany(requests);
    let next = 0;
    for (const one of batch) {
      if ('wrong' in one) {
        codes.add(refused(context, one.wrong, one.code));
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
      } else await onAdded(answer, one);
    }
  }
  return worst(codes);
}

/** Asks about each link that was delivered already, until somebody answers for all. */
function asker(
  context: Context,
  longhaul: Longhaul,
): (one: Omit<GoodLink, 'where'>) => Promise<{ readonly ifExists?: IfExists }> {
  let forAll: IfExists | undefined;
  let nobody = !context.mayAsk;
  return async (one) => {
    if (forAll !== undefined) return { ifExists: forAll };
    // Whatever is wrong with it is said when it is added.
    const there = nobody ? undefined : await longhaul.commands.duplicate(one).catch(() => undefined);
    if (!there) return {};
    const answer = await context.ask(questionOf(there));
    nobody = answer === undefined;
    if (answer === undefined) return {};
    const letter = answer.trim().slice(0, 1).toLowerCase();
    const ifExists = letter === 'y' || letter === 'a' ? 'new' : 'skip';
    if (letter === 'a' || letter === 'v') forAll = ifExists;
    return { ifExists };
  };
}

function questionOf({ download, by }: Duplicate): string {
  const how = by === 'link' ? '' : 'something of this name and size ';
  const where = `as ${download.id} (${placeOf(download)})`;
  return `${nameOf(download)}: ${how}was delivered ${where}. Download it again? [y]es [N]o [a]lways ne[v]er `;
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
