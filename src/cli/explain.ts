import { CommanderError } from 'commander';
import { NotFound } from '../commands/commands.ts';
import { ConfigError } from '../config/problems.ts';
import { Failure } from '../downloads/failure.ts';
import { printable } from '../log/printable.ts';
import { NotPossible, StoreFailure } from '../store/store.ts';
import { type ExitCode, exit } from './exit-codes.ts';

/** The person asked for something that makes no sense; the message says what does. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What is said where the folder that the program was started in has been removed. */
export const noCurrentFolder = 'the current folder does not exist any more; change to another one';

/** The person pressed Ctrl-C where something was asked. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface Explained {
  readonly code: ExitCode;
  /** For a person: what happened and what to do next. Undefined: everything was said already. */
  readonly message: string | undefined;
}

/** Any thrown thing as a sentence and an exit code; undefined when it is a bug, which nobody foresaw. */
export function explain(thrown: unknown): Explained | undefined {
  if (thrown instanceof CommanderError) return usage(thrown);
  if (thrown instanceof Interrupted) return { code: exit.interrupted, message: thrown.message };
  if (
    thrown instanceof UsageError ||
    thrown instanceof NotFound ||
    thrown instanceof NotPossible ||
    thrown instanceof ConfigError
  ) {
    return { code: exit.usage, message: thrown.message };
  }
  if (thrown instanceof StoreFailure) return { code: exit.store, message: thrown.message };
  if (thrown instanceof Failure && thrown.class !== 'internal') {
    return { code: thrown.class === 'link' ? exit.usage : exit.failed, message: thrown.message };
  }
  if ((thrown as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd') {
    return { code: exit.usage, message: noCurrentFolder };
  }
  return undefined;
}

/** Help that was asked for is no error; of the rest the first words are commander's own. */
function usage(error: CommanderError): Explained {
  if (error.exitCode === 0) return { code: exit.done, message: undefined };
  if (error.code === 'commander.help') return { code: exit.usage, message: undefined };
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replace(/^command-argument value '(.*)' is invalid for argument '(\w+)'/s, "'$1' is no $2 that is known")
    .replace(/\.? Allowed choices are /, '; allowed are ');
  // What was typed is repeated in it, line breaks and all.
  return { code: exit.usage, message: printable(message) };
}
