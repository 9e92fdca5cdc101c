import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bitratesFor, expectedBytes, readConversion, resultName } from './presets.ts';

const none = { presets: {} };

test('presets are read with their bitrate, and what is wrong is said with what is allowed', () => {
  const aac = readConversion('aac:128', none);
  assert.deepEqual(aac.preset.arguments(128), ['-vn', '-sn', '-dn', '-c:a', 'aac', '-b:a', '128k']);
  assert.equal(resultName('song', aac, 128), 'song_128kbps.m4a');
  assert.equal(resultName('film', readConversion('mp4', none), 0), 'film.mp4');
  assert.deepEqual(bitratesFor(readConversion('mp3', none), 60_000), [192]);
  for (const [wrong, hint] of [
    ['', /there are aac, mp3/],
    ['acc', /did you mean aac/],
    ['aac:9000', /from 16 to 512/],
    ['aac:-1', /no bitrate/],
    ['mp4:128', /takes no bitrate/],
    ['aac,max_size=x', /max_size=200MB/],
    ['aac,colour=red', /max_size=200MB/],
    ['mp4,max_size=5MB', /no bitrate that max_size could lower/],
    ['__proto__', /there is no preset/],
  ] as const)
    assert.throws(() => readConversion(wrong, none), hint, wrong);
});

test('a preset of the configuration is used as it stands', () => {
  const presets = { speech: { arguments: ['-vn', '-b:a', '24k'], extension: 'opus' } };
  const { preset } = readConversion('speech', { presets });
  assert.deepEqual([preset.arguments(0), preset.extension, preset.of], [['-vn', '-b:a', '24k'], 'opus', 'none']);
});

test('under a limit of size the highest bitrate that fits by arithmetic comes first', () => {
  const hour = 3_600_000;
  const tries = (options: string, duration: number | null) => bitratesFor(readConversion(options, none), duration);
  assert.deepEqual(tries('aac,max_size=200MB', hour), [384, 320, 256, 192, 128, 96]);
  assert.deepEqual(tries('aac:192,max_size=200MB', hour), [192, 128, 96]);
  assert.deepEqual(tries('aac:160,max_size=200MB', hour), [160, 128, 96]);
  assert.deepEqual(tries('mp3,max_size=1GB', hour), [320, 256, 192, 128, 96]);
  assert.deepEqual(tries('aac,max_size=10MB', hour), []);
  assert.deepEqual(tries('aac,max_size=10MB', null)[0], 512, 'of an unknown duration every one is tried');
});

test('whatever is asked for: a conversion or a refusal, and no bitrate that does not fit', () => {
  const options = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom('aac', 'mp3', 'opus', 'flac'), fc.nat(1000), fc.nat(500))
      .map(([name, bitrate, size]) => `${name}:${bitrate},max_size=${size}MB`),
  );
  fc.assert(
    fc.property(options, fc.nat(10_000_000), (text, duration) => {
      let conversion: ReturnType<typeof readConversion>;
      try {
        conversion = readConversion(text, none);
      } catch (error) {
        assert.equal((error as { class?: string }).class, 'link');
        return;
      }
      const { maxSize } = conversion;
      if (maxSize === undefined) return;
      const bitrates = bitratesFor(conversion, duration);
      assert.deepEqual(
        bitrates,
        bitrates.toSorted((a, b) => b - a),
      );
      for (const bitrate of bitrates) assert.ok(expectedBytes(bitrate, duration) <= maxSize);
    }),
  );
});
