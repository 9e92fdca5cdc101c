import type { Log, LogFacts, LogLevel } from './log.ts';
import { harmless } from './printable.ts';
import { createRedactor, type Redactor } from './redaction.ts';
import { type LineFile, rotatedFile } from './rotated-file.ts';

/** The `log` section of the configuration. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly rooms: Readonly<Record<string, LogLevel>>;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly file: boolean;
  /** Bytes. */
  readonly max_size: number;
  readonly keep: number;
}

export interface LogParts {
  readonly settings: LogSettings;
  readonly logsDir: string;
  /** Where a person reads along: `output.logSink`. */
  readonly stderr: LogSink;
  /** Level on stderr, for all rooms; left out: as the settings say. One-shot verbs pass `warn`. */
  readonly stderrLevel?: LogLevel;
  /** Left out: one of its own. */
  readonly redactor?: Redactor;
  /** Wall time, epoch ms: the clock's `now`. */
  now(): number;
}

export interface LogSink {
  readonly isTerminal: boolean;
  readonly colour: boolean;
  write(text: string): void;
}

export interface OpenLog extends Log {
  /** `secrets.add(value)`: from now on it reaches no log. */
  readonly secrets: Redactor;
  /** Resolves when every line so far is written. */
  flush(): Promise<void>;
  /** Flushes and lets the file go. Safe to call twice; a later line goes to stderr only. */
  close(): Promise<void>;
}

interface Line {
  readonly level: Exclude<LogLevel, 'silent'>;
  readonly time: number;
  readonly room: string | undefined;
  /** Redacted. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Redacted. */
  readonly message: string;
  readonly toFile: boolean;
  readonly toStderr: boolean;
}

/** How a line looks in the file (JSON) and on stderr. */
interface Formats {
  json(line: Line): string;
  stderr(json: string): string;
}

const ranks: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, silent: 100 };

/**
 * Opens the log: JSON lines to a rotated file and, by the same or another level, to stderr. The
 * formatter is loaded when the first line comes (15 ms that most verbs never spend); lines before
 * that wait in memory and are written at the latest when the process exits. Logging never throws and
 * never stops the work: a file that cannot be written is said once on stderr and left alone.
 */
export function openLog(parts: LogParts): OpenLog {
  const redactor = parts.redactor ?? createRedactor();
  const sinks = openSinks(parts);
  const enabled = levelsOf(parts);
  let waiting: Line[] = [];
  let formats: Formats | undefined;
  let loading: Promise<void> | undefined;

  function log(level: Line['level'], room: string | undefined, facts: LogFacts, message: string): void {
    const where = enabled(level, room);
    if (!where.toFile && !where.toStderr) return;
    const line: Line = {
      level,
      time: parts.now(),
      room,
      facts: unmixed(redactor.facts(facts)),
      message: redactor.text(message),
      ...where,
    };
    if (formats === undefined) {
      waiting.push(line);
      loading ??= loadFormats(parts).then(drain, lastLines);
    } else sinks.write(line, formats);
  }

  function drain(loaded: Formats): void {
    formats = loaded;
    for (const line of waiting) sinks.write(line, loaded);
    waiting = [];
  }

  /** The process ends before the formatter was there, or it cannot be loaded. */
  function lastLines(): void {
    if (waiting.length > 0) drain({ json: plainJson, stderr: (json) => json });
  }

  process.once('exit', lastLines);
  return {
    ...levelled(log, undefined),
    secrets: redactor,
    flush: async () => loading,
    async close() {
      await loading;
      process.removeListener('exit', lastLines);
      sinks.close();
    },
  };
}

function levelled(
  log: (level: Line['level'], room: string | undefined, facts: LogFacts, message: string) => void,
  room: string | undefined,
): Log {
  return {
    trace: (facts, message) => log('trace', room, facts, message),
    debug: (facts, message) => log('debug', room, facts, message),
    info: (facts, message) => log('info', room, facts, message),
    warn: (facts, message) => log('warn', room, facts, message),
    error: (facts, message) => log('error', room, facts, message),
    room: (name) => levelled(log, name),
  };
}

/** Where a line of this level and room goes. `sources/http` follows `sources` unless it has a level of its own. */
function levelsOf({ settings, stderrLevel }: LogParts) {
  const known = new Map<string | undefined, number>();
  const rankOf = (room: string | undefined): number => {
    const rank = known.get(room) ?? ranks[roomLevel(settings, room)];
    known.set(room, rank);
    return rank;
  };
  return (level: Line['level'], room: string | undefined) => {
    const asSet = ranks[level] >= rankOf(room);
    return {
      toFile: settings.file && asSet,
      toStderr: stderrLevel === undefined ? asSet : ranks[level] >= ranks[stderrLevel],
    };
  };
}

function roomLevel({ rooms, level }: LogSettings, room = ''): LogLevel {
  for (let name = room; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('/')))) {
    const own = Object.hasOwn(rooms, name) ? rooms[name] : undefined;
    if (own !== undefined) return own;
  }
  return level;
}

function openSinks({ settings, logsDir, stderr, now }: LogParts) {
  const options = { folder: logsDir, maxBytes: settings.max_size, keep: settings.keep, now };
  let file: LineFile | undefined = settings.file ? rotatedFile(options) : undefined;

  function toFile(json: string): void {
    try {
      file?.write(json);
    } catch (error) {
      file = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      stderr.write(
        `longhaul: the log in ${harmless(logsDir)} cannot be written (${harmless(reason)}); it goes to stderr only from here.\n`,
      );
    }
  }

  return {
    write(line: Line, formats: Formats): void {
      try {
        const json = formats.json(line);
        if (line.toFile) toFile(json);
        if (line.toStderr) stderr.write(formats.stderr(json));
      } catch {
        // Nothing that a log meets may stop the work.
      }
    },
    close(): void {
      file?.close();
      file = undefined;
    },
  };
}

async function loadFormats({ settings, stderr }: LogParts): Promise<Formats> {
  const { default: pino } = await import('pino');
  let written = '';
  let time = 0;
  const logger = pino(
    { level: 'trace', base: { pid: process.pid }, timestamp: () => `,"time":${time}` },
    {
      write: (json: string) => {
        written = json;
      },
    },
  );
  const json = (line: Line): string => {
    time = line.time;
    logger[line.level]({ ...(line.room === undefined ? {} : { room: line.room }), ...line.facts }, line.message);
    return written;
  };
  if (settings.format === 'json' || (settings.format === 'auto' && !stderr.isTerminal))
    return { json, stderr: (text) => text };
  const { default: pretty } = await import('pino-pretty');
  const format = pretty.prettyFactory({
    colorize: stderr.colour,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid',
    singleLine: true,
  });
  return {
    json,
    stderr(text) {
      // What pino calls `name` stands before the message: there the room belongs.
      const { room, name, ...rest } = JSON.parse(text) as Record<string, unknown>;
      return format({
        ...rest,
        ...(room === undefined ? {} : { name: room }),
        ...(name === undefined ? {} : { name_: name }),
      });
    },
  };
}

const ownNames = new Set(['level', 'time', 'pid', 'room', 'msg']);

/** Facts whose name means something else in a line get a `_` behind it. */
function unmixed(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(facts).map(
    ([name, value]) => [ownNames.has(name) ? `${name}_` : name, value] as const,
  );
  return Object.fromEntries(entries);
}

function plainJson({ level, time, room, facts, message }: Line): string {
  return `${JSON.stringify({ level: ranks[level], time, pid: process.pid, room, ...facts, msg: message })}\n`;
}
