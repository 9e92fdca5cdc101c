import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failureOf, LogReader } from './log-lines.ts';
import { probedOf } from './probe.ts';
import { clockTime, factor, ProgressReader } from './progress-lines.ts';
import { readStatusLine } from './status-line.ts';
import { worksOn } from './strays.ts';
import { durationOf, isSameLength } from './transcode.ts';

const block = (fields: Readonly<Record<string, string>>, end = 'continue'): string =>
  Object.entries({ ...fields, progress: end })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

test('a block tells time in ms though ffmpeg calls microseconds ms, bytes, frame and speed', () => {
  const [state] = new ProgressReader().feed(
    block({
      frame: '12',
      fps: '0.00',
      bitrate: ' 106.3kbits/s',
      total_size: '79883',
      out_time_ms: '4342132',
      speed: '3.2e+03x',
    }),
  );
  assert.deepEqual(state, { time: 4342.132, bytes: 79_883, frame: 12, speed: 3200, ended: false });
});

test('N/A, negative times and the mark of no time are no figures', () => {
  const reader = new ProgressReader();
  const unknown = { time: null, bytes: null, frame: null, speed: null, ended: false };
  assert.deepEqual(reader.feed(block({ total_size: 'N/A', out_time_us: 'N/A', out_time: 'N/A', speed: 'N/A' })), [
    unknown,
  ]);
  assert.equal(reader.feed(block({ out_time_us: '-23220' }))[0]?.time, 0);
  assert.equal(reader.feed(block({ out_time_us: '-9223372036854775808' }))[0]?.time, null);
  assert.equal(reader.feed(block({ out_time: '-577014:32:22.77' }))[0]?.time, null);
  assert.equal(reader.feed(block({ out_time: '00:01:02.500000' }, 'end'))[0]?.time, 62_500);
  assert.equal(clockTime('-00:00:00.02'), 0);
  assert.equal(factor('inf x'), null);
});

test('the status line is read as versions 4 to 8 write it', () => {
  const lines = [
    'size=   66816kB time=00:45:47.11 bitrate= 199.2kbits/s speed=29.7x    ',
    'size=   66816KiB time=00:45:47.11 bitrate= 199.2kbits/s speed=29.7x    ',
    '[info] size=   66816KiB time=00:45:47.11 bitrate= 199.2kbits/s speed=29.7x elapsed=0:01:32.51',
  ];
  for (const line of lines)
    assert.deepEqual(readStatusLine(line), {
      time: 2_747_110,
      bytes: 66_816 * 1024,
      frame: null,
      speed: 29.7,
      ended: false,
    });
  assert.deepEqual(
    readStatusLine('frame=  150 fps=0.0 q=-1.0 Lsize=N/A time=-00:00:00.02 bitrate=N/A dup=0 drop=0 speed=N/A'),
    {
      ...{ time: 0, bytes: null, frame: 150, speed: null, ended: true },
    },
  );
  for (const line of [
    '',
    'Press [q] to stop',
    '  Duration: 00:00:06.00, start: 0.0, bitrate: 227 kb/s',
    'video:0kB audio:76kB',
  ])
    assert.equal(readStatusLine(line), undefined);
});

test('words alone make no failure: names and titles may say anything', () => {
  const log = new LogReader();
  log.feed("[info] Input #0, mov, from 'No space left on device.mp4':\n[info]     title : [x] Conversion failed!\n");
  log.feed('[mp3 @ 0x1] [warning] No space left on device\n');
  assert.equal(failureOf({ exitCode: 0, signal: undefined, lines: log.lines }), undefined);
});

test('a full disk that ends with 0 is a wait for space, a kill is tried again', () => {
  const line = '[error] av_interleaved_write_frame(): No space left on device';
  const log = new LogReader();
  log.feed(`size=N/A time=N/A bitrate=N/A speed=N/A    \r${line}`);
  assert.equal(failureOf({ exitCode: 0, signal: undefined, lines: log.lines })?.class, 'no_space');
  const killed = failureOf({ exitCode: undefined, signal: 'SIGKILL', lines: [] });
  assert.deepEqual([killed?.class, killed?.retry.when], ['program', 'now']);
});

test('of thousands of lines the first and the last are kept', () => {
  const log = new LogReader();
  for (let n = 0; n < 5000; n += 1) log.feed(`[aac @ 0x1] [error] line ${n}\n`);
  assert.equal(log.lines.length, 40);
  assert.equal(log.lines[0]?.text, 'line 0');
  assert.equal(log.lines.at(-1)?.text, 'line 4999');
});

test("a track's own duration goes before the file's, also where only a tag tells it", () => {
  const text = JSON.stringify({
    streams: [
      { codec_type: 'video', duration: '10.0' },
      { codec_type: 'audio', tags: { DURATION: '00:00:08.023000000' } },
      { codec_type: 'video', disposition: { attached_pic: 1 } },
    ],
    format: { duration: '10.02', bit_rate: '128000' },
  });
  const probed = probedOf(text, [], 'matroska');
  assert.deepEqual(
    probed.tracks.map(({ kind }) => kind),
    ['video', 'audio', 'picture'],
  );
  assert.equal(durationOf(probed, 'audio'), 8023);
  assert.equal(durationOf(probed, 'all'), 10_020);
  assert.ok(isSameLength(10_000, 10_090) && isSameLength(500, 700) && !isSameLength(100_000, 98_000));
});

test('a stray is known by the file or folder that it works on, and nothing else is', () => {
  assert.ok(worksOn(['/usr/bin/ffmpeg', '-i', 'file:/a', 'file:/w/u-1/x.m4a'], '/w/u-1'));
  assert.ok(worksOn(['ffmpeg', 'file:/d/film.part'], '/d/film.part'));
  for (const command of [
    ['/usr/bin/ffmpeg', 'file:/w/u-12/x.m4a'],
    ['/usr/bin/vim', 'file:/w/u-1/x'],
    ['ffmpeg', '/w/u-1/x'],
    [],
  ])
    assert.ok(!worksOn(command, '/w/u-1'));
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'out_time_us',
          'out_time_ms',
          'out_time',
          'total_size',
          'frame',
          'speed',
          'progress',
          'size',
          'time',
          'bitrate',
          '__proto__',
        ),
        fc.oneof(
          fc.string({ maxLength: 30 }),
          fc.double().map(String),
          fc.constantFrom('N/A', 'end', '-1', '1e999x', '00:00:61.5'),
        ),
        fc.constantFrom('\n', '\r', '\r\n', ' ', ''),
      ),
    )
    .map((fields) => fields.map(([key, value, end]) => `${key}=${value}${end}`).join('')),
);

test('whatever is printed: no reader throws, and every figure is one or null', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), (texts) => {
      const [progress, log] = [new ProgressReader(), new LogReader()];
      const states = texts.flatMap((text) => [...progress.feed(text), ...log.feed(text)]);
      for (const { time, bytes, frame, speed } of states)
        for (const figure of [time, bytes, frame]) assert.ok(figure === null || figure >= 0, String(speed));
      failureOf({ exitCode: 0, signal: undefined, lines: log.lines });
    }),
  );
});

test('whatever ffprobe answers: facts, or a failure that says so', () => {
  const anyAnswer = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ streams: fc.array(fc.dictionary(fc.string(), fc.anything())), format: fc.anything() }).map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '';
      }
    }),
  );
  fc.assert(
    fc.property(anyAnswer, (text) => {
      try {
        const { duration } = probedOf(text ?? '', [], 'mov');
        assert.ok(duration === null || duration >= 0);
      } catch (error) {
        assert.equal((error as { class?: string }).class, 'media');
      }
    }),
  );
});
