import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHls } from './hls.ts';
import { mayBeStream, streamKind } from './stream-kind.ts';

const address = 'https://host/films/a/index.m3u8?token=x';
const media = (...lines: readonly string[]): string =>
  ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:4', ...lines, '#EXT-X-ENDLIST', ''].join('\n');

function trackIn(text: string) {
  const playlist = readHls(text, address);
  assert.equal(playlist.kind, 'media');
  return playlist.kind === 'media' ? playlist.track : { segments: [] };
}

test('segments have their address, time, range and key', () => {
  const track = trackIn(
    media(
      '#EXT-X-MEDIA-SEQUENCE:7',
      '#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"',
      '#EXTINF:4.0,',
      '#EXT-X-BYTERANGE:1000@100',
      'all.mp4',
      '#EXT-X-KEY:METHOD=AES-128,URI="/keys/1"',
      '#EXTINF:1.5,',
      '#EXT-X-BYTERANGE:500',
      'all.mp4',
      '#EXT-X-KEY:METHOD=AES-128,URI="/keys/2",IV=0x000000000000000000000000000000ff',
      '#EXTINF:2,',
      'https://other/b.mp4?s=1',
    ),
  );
  const url = 'https://host/films/a/all.mp4';
  const iv = (end: string): string => end.padStart(32, '0');
  assert.deepEqual(track, {
    init: { url: 'https://host/films/a/init.mp4', span: { from: 0, to: 100 } },
    segments: [
      { url, span: { from: 100, to: 1100 }, duration: 4000 },
      { url, span: { from: 1100, to: 1600 }, key: { url: 'https://host/keys/1', iv: iv('8') }, duration: 1500 },
      { url: 'https://other/b.mp4?s=1', key: { url: 'https://host/keys/2', iv: iv('ff') }, duration: 2000 },
    ],
  });
});

const choice = (...variants: readonly string[]): string =>
  [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="other.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="y",DEFAULT=YES,URI="sound.m3u8"',
    ...variants,
    '',
  ].join('\n');

test('the highest picture is chosen, of equals the one with the most bits, with the sound that is meant', () => {
  const playlist = readHls(
    choice(
      '#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=1280x720',
      'a.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1920x1080,AUDIO="a"',
      'b.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=5100000,RESOLUTION=1920x1080,AUDIO="a"',
      'c.m3u8',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,RESOLUTION=3840x2160,URI="i.m3u8"',
    ),
    address,
  );
  assert.deepEqual(playlist, {
    kind: 'choice',
    chosen: '1920x1080, 5.1 Mbit/s',
    video: 'https://host/films/a/c.m3u8',
    audio: 'https://host/films/a/sound.m3u8',
  });
});

test('what cannot be fetched is said in a sentence', () => {
  const live = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n';
  for (const [text, message] of [
    [live, /live stream/],
    [media(), /empty/],
    [media('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"', '#EXTINF:4,', 'a.ts'), /protected \(DRM\)/],
    [media('#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="com.widevine"', '#EXTINF:4,', 'a.ts'), /protected \(DRM\)/],
    [media('#EXTINF:4,', 'file:///etc/passwd'), /no web link/],
    [
      media('#EXT-X-MAP:URI="a"', '#EXTINF:4,', 'a.ts', '#EXT-X-MAP:URI="b"', '#EXTINF:4,', 'b.ts'),
      /changes its format/,
    ],
    ['nothing of the kind', /cannot be read/],
  ] as const)
    assert.throws(() => readHls(text, address), message);
});

test('a stream is known by its first characters, a list of channels and a page are none', () => {
  assert.equal(streamKind('#EXTM3U\r\n#EXT-X-VERSION:3\r\n'), 'hls');
  assert.equal(streamKind('\ufeff#EXTM3U\n\n#EXT-X-STREAM-INF:BANDWIDTH=1\n'), 'hls');
  assert.equal(streamKind('<?xml version="1.0"?>\n<!-- x -->\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'), 'dash');
  for (const text of [
    '',
    '#EXTM3U\n#EXTINF:-1 tvg-id="x",A\nhttp://a/b\n',
    '<html>',
    '#EXTM3UX\n#EXT-X-VERSION:3',
    'x#EXTM3U',
  ])
    assert.equal(streamKind(text), undefined, text);
  assert.ok(
    mayBeStream('application/vnd.apple.mpegurl', '') && mayBeStream('', 'mpd') && !mayBeStream('video/mp4', 'mp4'),
  );
});

const tag = fc.oneof(
  fc.constantFrom(
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:4',
    '#EXT-X-ENDLIST',
    '#EXT-X-BYTERANGE:5@-1',
    '#EXT-X-MAP:URI="i"',
    '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xzz',
    '#EXT-X-KEY:METHOD=__proto__',
    '#EXT-X-STREAM-INF:BANDWIDTH=x,RESOLUTION=9x',
    '#EXT-X-MEDIA:TYPE=AUDIO',
    '#EXT-X-SESSION-KEY:METHOD=NONE',
    'a.ts',
    '',
  ),
  fc
    .tuple(fc.constantFrom('#EXTINF:', '#EXT-X-BYTERANGE:', '#EXT-X-MEDIA-SEQUENCE:', '#EXT-X-PART:', ''), fc.string())
    .map(([name, value]) => name + value),
);

test('whatever a playlist holds: addresses on the web and times that can be, or a refusal', () => {
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 25 }), (lines) => {
      try {
        const playlist = readHls(['#EXTM3U', ...lines].join('\n'), address);
        const urls = playlist.kind === 'media' ? playlist.track.segments.map(({ url }) => url) : [playlist.video];
        for (const url of urls) assert.match(url, /^https?:/);
        const times = playlist.kind === 'media' ? playlist.track.segments.map(({ duration }) => duration) : [];
        assert.ok(times.every((time) => time >= 0 && Number.isFinite(time)));
      } catch (error) {
        assert.match((error as { class?: string }).class ?? '', /^(?:media|unsupported)$/, String(error));
      }
    }),
  );
});
