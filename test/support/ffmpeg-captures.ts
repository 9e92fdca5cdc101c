import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureClass } from '../../src/downloads/failure.ts';
import { failureOf, LogReader } from '../../src/ffmpeg/log-lines.ts';
import { type FfmpegProgress, ProgressReader } from '../../src/ffmpeg/progress-lines.ts';
import { makeMedia } from './media.ts';

/** What ffmpeg really printed, and how it ended. */
export interface Capture {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** One way of running ffmpeg, and what must be read of it. */
export interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** Done as soon as it has said how far it is. */
  readonly stop?: 'q' | 'SIGTERM' | 'SIGINT' | 'SIGKILL';
  /** Ms of media at the end; left out: not looked at. */
  readonly time?: number;
  /** Left out: success. */
  readonly fails?: FailureClass;
}

/** All cases over files that are made in this folder. */
export function casesIn(folder: string): Case[] {
  const film = makeMedia(folder, 'film.mp4', { video: 3, audio: 3 });
  const mkv = makeMedia(folder, 'film.mkv', { video: 3, audio: 3 });
  return [...wellDone(folder, film, mkv), ...unusual(folder, film, mkv)];
}

const sine = (seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
const live = (...more: readonly string[]): string[] => ['-re', ...sine(60), ...more];

function wellDone(folder: string, film: string, mkv: string): Case[] {
  const out = (name: string): string => join(folder, `out-${name}`);
  const coded = (codec: string, name: string): string[] => ['-i', film, '-vn', '-c:a', codec, out(name)];
  return [
    { name: 'aac', args: coded('aac', 'a.m4a'), time: 3000 },
    { name: 'mp3', args: coded('libmp3lame', 'a.mp3'), time: 3000 },
    { name: 'opus', args: coded('libopus', 'a.opus'), time: 3000 },
    { name: 'flac', args: coded('flac', 'a.flac'), time: 3000 },
    { name: 'vorbis', args: coded('libvorbis', 'a.ogg'), time: 3000 },
    { name: 'ac3', args: coded('ac3', 'a.ac3'), time: 3000 },
    { name: 'wav', args: coded('pcm_s16le', 'a.wav'), time: 3000 },
    { name: 'aiff', args: coded('pcm_s16be', 'a.aiff'), time: 3000 },
    { name: 'x264', args: ['-i', film, '-c:v', 'libx264', '-preset', 'ultrafast', out('v.mp4')], time: 3000 },
    { name: 'mpeg4 in avi', args: ['-i', film, '-c:v', 'mpeg4', '-c:a', 'mp3', out('v.avi')], time: 3000 },
    { name: 'vp8 in webm', args: ['-i', film, '-c:v', 'libvpx', '-c:a', 'libopus', out('v.webm')], time: 3000 },
    { name: 'copied to mkv', args: ['-i', film, '-c', 'copy', out('c.mkv')], time: 3000 },
    { name: 'copied to ts', args: ['-i', film, '-c', 'copy', out('c.ts')], time: 3000 },
    {
      name: 'copied to mp4, index first',
      args: ['-i', mkv, '-c', 'copy', '-movflags', '+faststart', out('c.mp4')],
      time: 3000,
    },
    {
      name: 'fragments',
      args: ['-i', mkv, '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', out('f.mp4')],
      time: 3000,
    },
    { name: 'gif', args: ['-i', film, '-r', '5', out('g.gif')] },
    { name: 'one picture', args: ['-i', film, '-frames:v', '1', '-update', '1', out('p.jpg')] },
    { name: 'to nowhere (size N/A)', args: ['-i', film, '-f', 'null', '-'], time: 3000 },
    {
      name: 'a long silence (thousands of times faster)',
      args: ['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono:d=3600', '-f', 'null', '-'],
      time: 3_600_000,
    },
  ];
}

function unusual(folder: string, film: string, mkv: string): Case[] {
  const out = (name: string): string => join(folder, `out-${name}`);
  const silent = makeMedia(folder, 'silent.mp4', { video: 2 });
  const cutMp4 = join(folder, 'cut.mp4');
  const fast = makeMedia(folder, 'fast.mp4', { video: 3, audio: 3, args: ['-movflags', '+faststart'] });
  cut(fast, cutMp4, 0.6);
  const cutMkv = join(folder, 'cut.mkv');
  cut(mkv, cutMkv, 0.6);
  const noIndex = join(folder, 'no-index.mp4');
  cut(film, noIndex, 0.5);
  const noise = join(folder, 'noise.mp4');
  writeFileSync(noise, Buffer.alloc(30_000, 'noise '));
  return [
    {
      name: 'begins before zero',
      args: ['-i', film, '-c', 'copy', '-output_ts_offset', '-2', '-avoid_negative_ts', 'disabled', out('n.ts')],
    },
    { name: 'begins late', args: ['-i', film, '-c', 'copy', '-output_ts_offset', '20', out('l.ts')] },
    {
      name: 'unknown duration',
      args: ['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '2', '-c:a', 'aac', out('u.m4a')],
      time: 2000,
    },
    { name: 'nothing in it', args: ['-i', film, '-t', '0', '-c', 'copy', out('z.mkv')] },
    {
      name: 'two results',
      args: ['-i', film, '-vn', '-c:a', 'aac', out('2.m4a'), '-i', film, '-c', 'copy', out('2.mkv')],
    },
    { name: 'pictures only', args: ['-i', silent, '-c', 'copy', out('s.mkv')], time: 2000 },
    {
      name: 'often told',
      args: ['-stats_period', '0.02', '-i', film, '-c:v', 'libx264', '-c:a', 'aac', out('o.mp4')],
      time: 3000,
    },
    { name: 'stopped by q', args: [...live('-c:a', 'aac'), out('q.m4a')], stop: 'q' },
    { name: 'stopped by SIGTERM', args: [...live('-c:a', 'aac'), out('t.m4a')], stop: 'SIGTERM', fails: 'program' },
    { name: 'stopped by SIGINT', args: [...live('-c:a', 'flac'), out('i.flac')], stop: 'SIGINT', fails: 'program' },
    { name: 'killed', args: [...live('-c:a', 'aac'), out('k.m4a')], stop: 'SIGKILL', fails: 'program' },
    {
      name: 'disk full',
      args: ['-i', film, '-vn', '-c:a', 'pcm_s16le', '-f', 'wav', '/dev/full'],
      fails: 'no_space',
    },
    { name: 'disk full, copied', args: ['-i', film, '-c', 'copy', '-f', 'mpegts', '/dev/full'], fails: 'no_space' },
    { name: 'cut mp4', args: ['-i', cutMp4, '-vn', '-c:a', 'aac', out('x1.m4a')], fails: 'media' },
    { name: 'cut mkv', args: ['-i', cutMkv, '-vn', '-c:a', 'aac', out('x2.m4a')], fails: 'media' },
    { name: 'mp4 without its index', args: ['-i', noIndex, '-c', 'copy', out('x3.mkv')], fails: 'media' },
    { name: 'noise', args: ['-f', 'mov', '-i', noise, '-c', 'copy', out('x4.mkv')], fails: 'media' },
    { name: 'no sound', args: ['-i', silent, '-vn', '-c:a', 'aac', out('x5.m4a')], fails: 'media' },
    { name: 'an encoder that is not there', args: ['-i', film, '-c:v', 'libnone', out('x6.mkv')], fails: 'program' },
    { name: 'a source that is not there', args: ['-i', join(folder, 'gone.mp4'), out('x7.mkv')], fails: 'media' },
  ];
}

/** Runs it with progress on both ways. */
export async function capture({ args, stop }: Case): Promise<Capture> {
  const common = [
    '-hide_banner',
    '-loglevel',
    'repeat+level+info',
    '-stats_period',
    '0.1',
    '-progress',
    'pipe:1',
    '-y',
  ];
  const child = spawn('ffmpeg', [...common, ...args], { stdio: 'pipe' });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const isFirst = out.length === 0;
    out.push(text);
    if (!isFirst || stop === undefined) return;
    if (stop === 'q') child.stdin.write('q');
    else child.kill(stop);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  if (stop === undefined) child.stdin.end();
  return new Promise((resolve) => {
    child.on('close', (code, signal) =>
      resolve({ out: out.join(''), err: err.join(''), exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
}

/** Holds our readers against one capture. */
export function judge({ name, time, fails }: Case, taken: Capture): void {
  const { told, status, failure } = readCapture(taken);
  assert.equal(failure?.class, fails, `${name}: ${failure?.message}`);
  for (const states of [told, status]) {
    for (const [n, state] of states.entries()) {
      const before = states[n - 1]?.time ?? 0;
      assert.ok((state.time ?? before) >= before, `${name}: the time goes back`);
      for (const figure of [state.time, state.bytes, state.frame, state.speed])
        assert.ok(figure === null || (Number.isFinite(figure) && figure >= 0), `${name}: ${JSON.stringify(state)}`);
    }
  }
  const [last, lastStatus] = [told.at(-1), status.at(-1)];
  if (time !== undefined) {
    assert.ok(last && last.time !== null && Math.abs(last.time - time) <= Math.max(150, time * 0.01), name);
    assert.ok(last.ended, name);
  }
  if (last?.ended) {
    assert.ok(Math.abs((last.time ?? 0) - (lastStatus?.time ?? 0)) <= 10, `${name}: the two ways disagree`);
    const [bytes, asStatus] = [last.bytes, lastStatus?.bytes ?? null];
    assert.equal(bytes === null, asStatus === null, name);
    assert.ok(Math.abs((bytes ?? 0) - (asStatus ?? 0)) <= 1024, `${name}: the sizes disagree`);
  }
  for (const portion of [1, 7, 64]) assert.deepEqual(readCapture(taken, portion), readCapture(taken), name);
  const kib = { ...taken, err: taken.err.replaceAll('kB time=', 'KiB time=') };
  assert.deepEqual(readCapture(kib).status, status, `${name}: as version 7 writes it`);
}

/** What our readers make of a capture that comes in portions of so many characters. */
function readCapture({ out, err, exitCode, signal }: Capture, portion = 1 << 20) {
  const [progress, log] = [new ProgressReader(), new LogReader()];
  const told: FfmpegProgress[] = portions(out, portion).flatMap((text) => progress.feed(text));
  const status: FfmpegProgress[] = portions(err, portion).flatMap((text) => log.feed(text));
  return { told, status, lines: log.lines, failure: failureOf({ exitCode, signal, lines: log.lines }) };
}

function portions(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
}

function cut(from: string, to: string, part: number): void {
  copyFileSync(from, to);
  truncateSync(to, Math.floor(sizeOf(from) * part));
}

function sizeOf(path: string): number {
  return statSync(path).size;
}
