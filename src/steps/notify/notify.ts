import * as z from 'zod';
import { nearest } from '../../config/nearest.ts';
import { asFailure, Failure } from '../../downloads/failure.ts';
import { bytesText } from '../../downloads/words.ts';
import type { StepParts } from '../parts.ts';
import type { Step, StepKind } from '../step.ts';
import { messageOf } from './message.ts';
import { send } from './send.ts';

type Parts = Pick<StepParts, 'config' | 'disk' | 'clock'>;

/** What is known of each target: `tries` are counted before they are made. */
const stored = z.record(z.string(), z.object({ tries: z.number(), state: z.enum(['sending', 'told', 'failed']) }));
type Marks = z.output<typeof stored>;

/** The first, and one more: after a crash nobody knows whether the first one arrived. */
const mostTries = 2;
const waitBetween = 2_000;

/** `notify=phone,mail`: tells targets of the configuration. */
export function notifyKind(parts: Parts): StepKind {
  return {
    kind: 'notify',
    example: 'notify=phone',
    make(options) {
      const names = options
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      for (const name of names) checkName(parts, name);
      if (names.length === 0) throw new Failure('link', `notify needs the name of a target; ${known(parts)}`);
      return notifyStep(parts, [...new Set(names)]);
    },
  };
}

function notifyStep(parts: Parts, names: readonly string[]): Step {
  return {
    kind: 'notify',
    async run(context, mark, report, signal) {
      const parsed = stored.safeParse(mark);
      const marks: Marks = parsed.success ? { ...parsed.data } : {};
      const message = messageOf(context, bytesText);
      const said: string[] = [];
      for (const name of names) {
        const tell = async (): Promise<void> => {
          const target = parts.config.notify[name];
          if (!target) throw new Failure('link', 'it is not in the configuration any more');
          await send(target, message, parts, signal);
        };
        const record = (state: Marks[string]) => {
          marks[name] = state;
          return report.mark(marks);
        };
        said.push(`${name} ${await tellOnce(tell, marks[name], record, parts, signal)}`);
      }
      return { note: said.join('; ') };
    },
  };
}

/** Tells one target, at most twice in all its life; answers what came of it. Only a lost lease or a stop is thrown. */
async function tellOnce(
  tell: () => Promise<void>,
  before: Marks[string] | undefined,
  record: (state: Marks[string]) => Promise<void>,
  { clock }: Parts,
  signal: AbortSignal,
): Promise<string> {
  if (before?.state === 'told') return 'was told';
  if (before?.state === 'failed') return 'was not told';
  for (let tries = before?.tries ?? 0; ; ) {
    if (tries >= mostTries) return 'was perhaps not told: it was cut off twice';
    tries += 1;
    await record({ tries, state: 'sending' });
    try {
      await tell();
      await record({ tries, state: 'told' });
      return 'was told';
    } catch (error) {
      signal.throwIfAborted();
      const failure = asFailure(error);
      if (failure.class === 'lost') throw failure;
      if (tries < mostTries && failure.retry.when !== 'never') {
        await clock.sleep(waitBetween, signal);
        continue;
      }
      await record({ tries, state: 'failed' });
      return `was not told: ${failure.message}`;
    }
  }
}

function checkName(parts: Parts, name: string): void {
  if (Object.hasOwn(parts.config.notify, name)) return;
  const meant = nearest(name, Object.keys(parts.config.notify));
  const hint = meant === undefined ? known(parts) : `did you mean ${meant}?`;
  throw new Failure('link', `there is no target "${name}" to notify; ${hint}`);
}

function known({ config }: Parts): string {
  const names = Object.keys(config.notify);
  if (names.length > 0) return `there are ${names.join(', ')}`;
  return 'name some in the configuration, such as notify: { phone: { kind: ntfy, url: "https://ntfy.sh", topic: x } }';
}
