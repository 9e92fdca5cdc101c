import { Failure } from '../downloads/failure.ts';
import type { FfmpegProgress } from './progress-lines.ts';
import { readStatusLine } from './status-line.ts';

export interface LogLine {
  readonly level: 'warning' | 'error' | 'fatal';
  readonly text: string;
}

/** So many lines are kept, the first and the last: a broken film makes thousands. */
const keptAtEachEnd = 20;
const longestLine = 1000;

const levels: Readonly<Record<string, LogLine['level']>> = {
  warning: 'warning',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
};

/** Reads ffmpeg's stderr under `-loglevel level+info`: status lines come out, warnings and worse are kept. */
export class LogReader {
  readonly #first: LogLine[] = [];
  readonly #last: LogLine[] = [];
  #rest = '';

  /** Returns the states that status lines told of. */
  feed(text: string): FfmpegProgress[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '').slice(-longestLine);
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  /** After the end: the line that nothing ended, too. */
  get lines(): readonly LogLine[] {
    if (this.#rest !== '') this.feed('\n');
    return [...this.#first, ...this.#last];
  }

  #line(line: string): FfmpegProgress | undefined {
    const state = readStatusLine(line);
    // A warning may follow the status on its line: nothing but a carriage return stands between them.
    const [, level, text] = /\[(warning|error|fatal|panic)\] (.*)$/.exec(line.slice(0, longestLine)) ?? [];
    if (level !== undefined && text !== undefined) this.#keep({ level: levels[level] ?? 'error', text: text.trim() });
    return state;
  }

  #keep(line: LogLine): void {
    if (this.#first.length < keptAtEachEnd) {
      this.#first.push(line);
      return;
    }
    this.#last.push(line);
    if (this.#last.length > keptAtEachEnd) this.#last.shift();
  }
}

export interface FfmpegEnd {
  readonly exitCode: number | undefined;
  /** The signal that ended it, where one did. */
  readonly signal: string | undefined;
  readonly lines: readonly LogLine[];
}

interface Sign {
  readonly pattern: RegExp;
  readonly failure: (text: string) => Failure;
}

/** What shows, whatever the exit code says: a full disk and a cut file end with 0. */
const fatalSigns: readonly Sign[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    failure: () => new Failure('no_space', 'the disk is full; it goes on by itself when there is space'),
  },
  {
    pattern: /Input\/output error|Read-only file system|Permission denied/,
    failure: (text) => new Failure('disk', `ffmpeg could not read or write: ${text}`, { retry: { when: 'now' } }),
  },
  {
    pattern: /partial file|File ended prematurely/,
    failure: () => new Failure('media', 'the file ends before its end: it was cut off; fetch it again'),
  },
  {
    pattern: /av_interleaved_write_frame|Error writing trailer|Error muxing|Error submitting a packet to the muxer/,
    failure: (text) => new Failure('media', `ffmpeg could not write the result: ${text}`),
  },
];

/** It had the time to end in order. */
const stoppedBySignal = 255;

/** What explains an exit code. */
const explanations: readonly Sign[] = [
  {
    pattern: /matches no streams|does not contain any stream|Output file #\d+ does not/,
    failure: () => new Failure('media', 'the file has no track of the kind that is asked for'),
  },
  {
    pattern: /Unknown encoder|Encoder \S+ not found|Unrecognized option|Unknown decoder|Requested output format/,
    failure: (text) => new Failure('program', `this ffmpeg cannot do it (${text}); install a complete one`),
  },
  {
    pattern: /moov atom not found/,
    failure: () => new Failure('media', 'the film has no index: it was cut off; fetch it again'),
  },
  {
    pattern: /Invalid data found|could not find codec parameters|Invalid argument|not currently supported in container/,
    failure: (text) => new Failure('media', `ffmpeg cannot make sense of the file: ${text}`),
  },
];

/** Why ffmpeg failed, in a sentence; undefined: it says that it succeeded. Words alone make no failure, but those of `fatalSigns`. Pure. */
export function failureOf({ exitCode, signal, lines }: FfmpegEnd): Failure | undefined {
  const serious = lines.filter(({ level }) => level !== 'warning');
  const fatal = signIn(fatalSigns, serious);
  if (fatal) return fatal;
  if (signal !== undefined || exitCode === stoppedBySignal) {
    const by = signal === undefined ? 'a signal' : `${signal}, perhaps for want of memory`;
    return new Failure('program', `ffmpeg was ended by ${by}`, { retry: { when: 'now' } });
  }
  if (exitCode === 0) {
    const stopped = serious.find(({ level }) => level === 'fatal');
    return stopped && new Failure('media', `ffmpeg gave up: ${shown(stopped.text)}`);
  }
  const explained = signIn(explanations, serious);
  const last = serious.at(-1) ?? lines.at(-1);
  return explained ?? new Failure('media', `ffmpeg ended with ${exitCode}${last ? `: ${shown(last.text)}` : ''}`);
}

function signIn(signs: readonly Sign[], lines: readonly LogLine[]): Failure | undefined {
  for (const { pattern, failure } of signs) {
    const line = lines.find(({ text }) => pattern.test(text));
    if (line) return failure(shown(line.text));
  }
  return undefined;
}

/** Its words, without what would make two sentences of one, nor a long path. */
function shown(text: string): string {
  return text
    .replace(/file:\S+/g, 'the file')
    .slice(0, 200)
    .replace(/[.\s]+$/, '');
}
