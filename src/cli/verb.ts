import type { Command } from 'commander';
import type { Check } from '../commands/check.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import type { Log, LogLevel } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';
import type { Screen } from './screen.ts';

/**
 * One verb, one file below `verbs/`. A verb's file is loaded only when the verb is asked for, and
 * loads at its top nothing that is heavy: `--help` and asking verbs must start fast.
 */
export interface Verb {
  /** Adds arguments, options and an example to the command, which has its name and summary already. */
  define(command: Command): void;
  /** Does it. Throws what `explain` can turn into a sentence and an exit code. */
  run(command: Command, context: Context): Promise<ExitCode>;
}

/** What a verb has to work with; tests hand in their own. */
export interface Context {
  readonly screen: Screen;
  readonly clock: Clock;
  /** Opens Longhaul with the global options; the caller closes it. */
  open(how: HowToOpen): Promise<Longhaul>;
  /** Only the configuration, with the global options; throws `ConfigError`. */
  config(): Promise<LoadedConfig>;
  /** What the doctor finds; never throws. */
  checks(): Promise<readonly Check[]>;
  /** From now on Ctrl-C and its kind are told and no longer end the process. */
  interrupts(onHangUp?: () => void): Interrupts;
  /** Errors that nobody caught are logged from now on and end nothing, unless they are many. Returns what ends it. */
  guard(parts: { readonly log: Log; giveUp(): void }): Promise<() => void>;
  /** Settings were given on this command line, which no other process knows. */
  readonly hasOwnSettings: boolean;
  /** Asks a yes-or-no question; undefined where nobody is there to answer. */
  confirm(question: string): Promise<boolean | undefined>;
  /** Asks, and tells the line that was typed; undefined where nobody is there to answer. */
  ask(question: string): Promise<string | undefined>;
  /** Somebody is there who could answer. */
  readonly mayAsk: boolean;
  /** Asks for what shall not be seen; undefined where nobody is there to answer. Throws `UsageError` when it is refused. */
  askSecret(question: string): Promise<string | undefined>;
  /** A variable of the environment; undefined when it is empty. For secrets: what is no secret is a setting. */
  variable(name: string): string | undefined;
  /** Standard input as bytes; reading it waits for whoever writes there. */
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** The current folder, absolute. */
  currentFolder(): string;
  /** The whole command tree, with every verb loaded. */
  commandTree(): Promise<Command>;
}

export interface GlobalOptions {
  readonly config?: string;
  readonly home?: string;
  readonly logLevel?: LogLevel;
  /** `key=value`, as typed. */
  readonly set?: readonly string[];
}

export interface HowToOpen {
  readonly role: 'get' | 'resume-downloads' | 'serve' | 'command';
  /** False: only asks; no socket, no worker. */
  readonly engine: boolean;
  /** Also runs what others began whose instance is gone. */
  readonly anyRunner?: boolean;
  /** How many run at once; left out: as configured. */
  readonly slots?: number;
  /** Of `serve`: no other living one may have this name. */
  readonly name?: string;
  /** The database is not where it was any more: this process is of no use until it is started anew. */
  readonly onLost?: () => void;
}

/** Opens for a verb that only asks, says the warnings, and closes whatever happens. */
export async function asking<Result>(context: Context, ask: (longhaul: Longhaul) => Promise<Result>): Promise<Result> {
  const longhaul = await context.open({ role: 'command', engine: false });
  try {
    return await ask(longhaul);
  } finally {
    await longhaul.close();
  }
}
