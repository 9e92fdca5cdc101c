import { formatDuration } from '../../config/duration.ts';
import { nearest } from '../../config/nearest.ts';
import { findProgram, searchPath } from '../../config/programs.ts';
import { Failure } from '../../downloads/failure.ts';
import { printable } from '../../log/printable.ts';
import type { StepParts } from '../parts.ts';
import { type RunningProgram, startProgram } from '../process-group.ts';
import type { Step, StepKind } from '../step.ts';
import { environmentFor, fillArguments } from './arguments.ts';

type Parts = Pick<StepParts, 'config' | 'clock'>;
type Own = StepParts['config']['commands'][string];

/** sysexits.h: try again later. */
const temporary = 75;
const longestWords = 300;

/** `command=scan`: runs a program that the configuration names so. */
export function commandKind(parts: Parts): StepKind {
  return {
    kind: 'command',
    example: 'command=scan',
    make(name) {
      const own = Object.hasOwn(parts.config.commands, name) ? parts.config.commands[name] : undefined;
      if (own) return commandStep(parts, name, own);
      const names = Object.keys(parts.config.commands);
      const meant = nearest(name, names);
      const known = names.length === 0 ? 'the configuration has none (commands)' : `there are ${names.join(', ')}`;
      throw new Failure(
        'link',
        `there is no command "${name}"; ${meant === undefined ? known : `did you mean ${meant}?`}`,
      );
    },
  };
}

function commandStep(parts: Parts, name: string, own: Own): Step {
  return {
    kind: 'command',
    async run(context, mark, report, signal) {
      if (mark !== undefined && !own.repeat) {
        throw new Failure(
          'program',
          `${name} was cut off before its end, and is not run twice (commands.${name}.repeat)`,
        );
      }
      const [program = '', ...rest] = own.run;
      const file = await findProgram([program]);
      if (file === undefined) throw new Failure('program', `${name}: ${program} is not there or cannot be run`);
      await report.mark({ begun: true });
      const running = startProgram(
        {
          ...{ file, args: fillArguments(rest, context), cwd: context.work },
          environment: environmentFor(own.environment, context, searchPath()),
        },
        parts.clock,
        signal,
      );
      return { note: await untilEnd(parts, name, own, running, signal) };
    },
  };
}

/** Its last words. Throws `Failure('program')` when it does not end well, or in time. */
async function untilEnd(
  { clock }: Parts,
  name: string,
  own: Own,
  running: RunningProgram,
  signal: AbortSignal,
): Promise<string> {
  let isLate = false;
  const cancel = clock.after(own.timeout, () => {
    isLate = true;
    running.stop();
  });
  try {
    const said = await lastOf(running);
    const { code, stderr } = await running.ended;
    signal.throwIfAborted();
    if (isLate)
      throw new Failure('program', `${name} did not end within ${formatDuration(own.timeout)}, and was ended`);
    const words = lastLine(stderr) || said;
    const tail = words === '' ? '' : `: ${words}`;
    if (code === 0) return `${name} is done${said === '' ? '' : `: ${said}`}`;
    const how = code === null ? 'was ended by a signal' : `ended with exit code ${code}`;
    throw new Failure('program', `${name} ${how}${tail}`, code === temporary ? { retry: { when: 'now' } } : {});
  } finally {
    cancel();
  }
}

/** The last line of its output. */
async function lastOf(running: RunningProgram): Promise<string> {
  let tail = '';
  running.stdout.setEncoding('utf8');
  for await (const text of running.stdout as AsyncIterable<string>) tail = (tail + text).slice(-4 * longestWords);
  return lastLine(tail);
}

function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => printable(line).trim());
  return (lines.filter((line) => line !== '').at(-1) ?? '').slice(0, longestWords);
}
