import { clockTime, type FfmpegProgress, factor } from './progress-lines.ts';

/** What ffmpeg counts as k is 1024, whether it writes `kB` (until 6) or `KiB` (since 7). */
const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  kib: 1024,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/**
 * Reads the line that ffmpeg writes on stderr while it works, the second way of knowing how far it is:
 * `frame=   45 fps=0.0 q=-1.0 Lsize=      78kB time=00:00:06.01 bitrate= 106.3kbits/s speed=21.7x`. Undefined for
 * any other line. Pure.
 */
export function readStatusLine(line: string): FfmpegProgress | undefined {
  const time = field(line, 'time');
  const size = field(line, 'size');
  if (time === undefined || size === undefined || field(line, 'bitrate') === undefined) return undefined;
  const frame = field(line, 'frame');
  return {
    time: clockTime(time),
    bytes: sizeOf(size),
    frame: frame !== undefined && /^\d{1,15}$/.test(frame) ? Number(frame) : null,
    speed: factor(field(line, 'speed')),
    ended: /\bLsize=/.test(line),
  };
}

function field(line: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\sL\\]])${name}=\\s{0,20}([^\\s=]{1,40})`).exec(line.slice(0, 1000))?.[1];
}

function sizeOf(text: string): number | null {
  const [, amount, unit = 'b'] = /^(\d{1,15})([a-z]{0,3})$/i.exec(text) ?? [];
  const factorOf = units[unit.toLowerCase() === '' ? 'b' : unit.toLowerCase()];
  return amount === undefined || factorOf === undefined ? null : Number(amount) * factorOf;
}
