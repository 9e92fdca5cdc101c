import { type LiveArea, type LiveStream, openLiveArea } from './live-area.ts';
import type { LogSink } from './open-log.ts';
import { harmlessColoured } from './printable.ts';
import { maskLinks } from './redaction.ts';

export type { LiveArea } from './live-area.ts';
export { printable } from './printable.ts';

/** One of the two streams that people and programs read. */
export interface Surface {
  /** A person looks at it. */
  readonly isTerminal: boolean;
  /** Colours and weights are understood and wanted. */
  readonly colour: boolean;
  /** More than ASCII can be shown. */
  readonly unicode: boolean;
  /** Columns and lines now; Infinity where nothing limits them. */
  columns(): number;
  rows(): number;
  /** Writes one line. Of control sequences only colours get through. */
  line(text: string): void;
  /** Writes a text as it is divided into lines. Of control sequences only colours get through. */
  write(text: string): void;
  /** Opens an area at the bottom of the terminal, whose content each `draw` replaces; one at a time. */
  live(): Promise<LiveArea>;
}

/** The only writer of stdout and stderr. */
export interface Output {
  /** stdout: what was asked for. */
  readonly out: Surface;
  /** stderr: everything beside it. Links lose their passwords and keys on the way. */
  readonly err: Surface;
  /** A line on stdout. */
  line(text: string): void;
  /** A value as JSON on one line of stdout, with no character in it that a terminal would obey. */
  json(value: unknown): void;
  /** A line on stderr. */
  error(text: string): void;
  /** Where the log writes what it says on stderr; a live area makes room for it. */
  readonly logSink: LogSink;
  /** False: nobody reads stdout any more (`| head -1` has ended); whatever is written is dropped. */
  readonly isRead: boolean;
  /** Resolves when everything has left this process. Throws when stdout could not take it (a full disk). */
  flush(): Promise<void>;
}

/** What a stream must have: `process.stdout` has it. */
export interface OutputStream extends LiveStream {
  readonly writableLength: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface OutputParts {
  readonly stdout?: OutputStream;
  readonly stderr?: OutputStream;
  /** `NO_COLOR`, `FORCE_COLOR`, `TERM`, `LC_ALL`, `LC_CTYPE`, `LANG` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--color`, `--no-color`; left out: as the environment and the terminal say. */
  readonly colour?: boolean;
}

/** Takes hold of stdout and stderr. An `EPIPE` on them is silent from here on. */
export function openOutput({ stdout = process.stdout, stderr = process.stderr, env, colour }: OutputParts): Output {
  const area: SharedArea = {};
  const out = openStream(stdout, area);
  const err = openStream(stderr, area);
  const surface = (stream: OutputStream, writer: Writer, clean: (text: string) => string): Surface => ({
    isTerminal: stream.isTTY === true,
    colour: colour ?? wantsColour(stream, env),
    unicode: understandsUnicode(env),
    columns: () => (stream.isTTY === true && stream.columns ? stream.columns : Number.POSITIVE_INFINITY),
    rows: () => (stream.isTTY === true && stream.rows ? stream.rows : Number.POSITIVE_INFINITY),
    line: (text) => writer.write(`${clean(text)}\n`),
    write: (text) => writer.write(clean(text)),
    async live() {
      area.open?.close();
      area.open = await openLiveArea(stream, () => {
        area.open = undefined;
      });
      return area.open;
    },
  });
  const outSurface = surface(stdout, out, harmlessColoured);
  const errSurface = surface(stderr, err, (text) => maskLinks(harmlessColoured(text)));
  return {
    out: outSurface,
    err: errSurface,
    line: outSurface.line,
    json: (value) => out.write(`${harmlessJson(value)}\n`),
    error: errSurface.line,
    logSink: { isTerminal: errSurface.isTerminal, colour: errSurface.colour, write: errSurface.write },
    get isRead() {
      return !out.isClosed();
    },
    async flush() {
      await err.flush();
      const failure = await out.flush();
      if (failure !== undefined)
        throw new Error(`the answer could not be written: ${failure.message}`, { cause: failure });
    },
  };
}

interface SharedArea {
  open?: LiveArea | undefined;
}

interface Writer {
  write(text: string): void;
  isClosed(): boolean;
  /** The failure that kept something from being written, but `EPIPE`. */
  flush(): Promise<Error | undefined>;
}

function openStream(stream: OutputStream, area: SharedArea): Writer {
  let failure: NodeJS.ErrnoException | undefined;
  const note = (error: NodeJS.ErrnoException): void => {
    failure ??= error;
  };
  stream.on('error', note);
  return {
    write(text) {
      if (failure !== undefined) return;
      if (stream.isTTY !== true || area.open === undefined) stream.write(text);
      else area.open.around(() => stream.write(text));
    },
    isClosed: () => failure !== undefined,
    async flush() {
      if (failure === undefined && stream.writableLength > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        stream.write('', () => resolve());
        await promise;
      }
      // The error of a failed write is told in a later turn than its callback.
      await new Promise(setImmediate);
      return failure === undefined || failure.code === 'EPIPE' ? undefined : failure;
    },
  };
}

/** https://no-color.org: set and not empty. FORCE_COLOR as in Node: 0 and false are no. */
function wantsColour(stream: OutputStream, env: OutputParts['env']): boolean {
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR);
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

function understandsUnicode(env: OutputParts['env']): boolean {
  if (process.platform === 'win32') return true;
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}

/** JSON escapes C0 itself; DEL, C1, separators and direction characters it leaves as they are. */
function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
