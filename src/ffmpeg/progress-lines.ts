/** How far ffmpeg says it is; null: it does not know (`N/A`), or says nothing that can be true. */
export interface FfmpegProgress {
  /** Ms of media written; never negative. */
  readonly time: number | null;
  /** Written so far. */
  readonly bytes: number | null;
  readonly frame: number | null;
  /** So many times faster than playing. */
  readonly speed: number | null;
  /** It has written everything, or was told to stop. */
  readonly ended: boolean;
}

/** A line is never longer; the rest of one that is gets lost. */
const longestLine = 4096;
/** A time beyond it is the mark of "no time yet" in some version's clothes (`-577014:32:22.77`), ms. */
const longestTime = 1e10;

/**
 * Reads what `-progress pipe:` sends: blocks of `key=value`, each ended by `progress=continue|end`. Takes text in any
 * portions, hands out one state a block. `out_time_ms` is in µs, as `out_time_us` is (ffmpeg's ticket 7345).
 */
export class ProgressReader {
  #rest = '';
  #block = new Map<string, string>();

  feed(text: string): FfmpegProgress[] {
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = (lines.pop() ?? '').slice(-longestLine);
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): FfmpegProgress | undefined {
    const [, key, value] = /^\s*([a-z_0-9]{1,40})=\s*(.{0,80}?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    this.#block.set(key, value);
    if (key !== 'progress') return undefined;
    const block = this.#block;
    this.#block = new Map();
    return {
      time: timeOf(block),
      bytes: count(block.get('total_size')),
      frame: count(block.get('frame')),
      speed: factor(block.get('speed')),
      ended: value === 'end',
    };
  }
}

function timeOf(block: ReadonlyMap<string, string>): number | null {
  for (const key of ['out_time_us', 'out_time_ms']) {
    const micros = number(block.get(key));
    if (micros !== null) return plausible(micros / 1000);
  }
  return clockTime(block.get('out_time'));
}

/** `00:00:04.342132`, `-00:00:00.023220`, `N/A` as ms. Pure. */
export function clockTime(text: string | undefined): number | null {
  const [, sign, hours, minutes, seconds] = /^(-?)(\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '') ?? [];
  if (hours === undefined) return null;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return plausible(sign === '-' ? -ms : ms);
}

/** Before its beginning counts as its beginning: encoders start a little early. */
function plausible(ms: number): number | null {
  return Math.abs(ms) > longestTime ? null : Math.max(0, ms);
}

/** `3.2e+03x`, `21.7x`, `   0x`, `N/A`. Pure. */
export function factor(text: string | undefined): number | null {
  return number(text?.replace(/x$/, ''));
}

function count(text: string | undefined): number | null {
  const value = number(text);
  return value === null || value < 0 ? null : value;
}

function number(text: string | undefined): number | null {
  if (text === undefined || !/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
