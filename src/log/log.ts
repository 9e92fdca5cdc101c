export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Words for the engineer: structured, redacted, to stderr and a file. What a person asked to see goes through `output.ts`. */
export interface Log {
  trace(facts: LogFacts, message: string): void;
  debug(facts: LogFacts, message: string): void;
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
  /** The same log under a room's name; `log.rooms` in the config sets its level. */
  room(name: string): Log;
}

export type LogFacts = Readonly<Record<string, unknown>>;

/** For tests and for parts that have nobody to tell. */
export const silentLog: Log = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  room: () => silentLog,
};
