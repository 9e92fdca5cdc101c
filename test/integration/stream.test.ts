import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Library, openLonghaul, type ProgressReport } from '../../src/index.ts';
import { describeFilm, type HlsServer, makeStreams, namesIn, playThrough, serveHls } from '../support/hls-server.ts';
import { needs } from '../support/needs.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { sampled } from '../support/runs.ts';

const needed = needs('ffmpeg', 'ffprobe');
const folder = mkdtempSync(join(tmpdir(), 'longhaul-hls-'));
const seconds = 6;
let server: HlsServer;
let place: Awaited<ReturnType<typeof ownPlace>>;
let library: Library;

function get(path: string, into: string, more: Partial<Parameters<Library['get']>[0]> = {}) {
  const directory = join(place.cwd, into);
  return library.get({ link: `${server.url}${path}`, directory, ifExists: 'new', options: { maxTries: 1 }, ...more });
}

describe('a stream', () => {
  before(async () => {
    if (needed.skip === undefined) makeStreams(folder, seconds);
    server = await serveHls(folder);
    place = await ownPlace();
    library = await openLonghaul({ home: place.home });
  });
  beforeEach(() => {
    server.asked.length = 0;
    server.gate = async () => {};
  });
  after(async () => {
    await library.close();
    await server.stop();
    await place[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const forms = [
    ['aes', 'that is enciphered with AES-128'],
    ['ranges', 'of ranges of one file'],
    ['ts', 'of MPEG-TS pieces'],
    ['fmp4', 'of fragments with one beginning'],
  ] as const;
  for (const [name, what] of sampled(forms, 2)) {
    test(`a stream ${what} becomes one film that plays from its beginning to its end`, needed, async () => {
      const row = await get(`/${name}/index.m3u8`, name);
      assert.equal(row?.status, 'completed', row?.errorMessage ?? '');
      assert.deepEqual([row?.source, row?.name], ['stream', `${name}.mp4`]);
      assert.deepEqual(namesIn(join(place.cwd, name)), [`${name}.mp4`]);
      const { tracks, duration } = describeFilm(row?.downloadPath ?? '');
      assert.deepEqual(tracks, ['video h264 160x90', 'audio aac']);
      assert.ok(Math.abs(duration - seconds * 1000) < 150, String(duration));
      playThrough(row?.downloadPath ?? '');
    });
  }

  test(
    'of several variants the highest picture is taken, with the sound that lies apart, and progress goes by time',
    needed,
    async () => {
      const told: ProgressReport[] = [];
      const stop = library.onProgress((report) => told.push(report));
      const row = await get('/two/master.m3u8', 'two');
      stop();
      assert.equal(row?.status, 'completed', row?.errorMessage ?? '');
      assert.deepEqual(describeFilm(row?.downloadPath ?? '').tracks, ['video h264 160x90', 'audio aac']);
      playThrough(row?.downloadPath ?? '');
      assert.ok(!server.asked.some((path) => /small\d/.test(path)));
      const percentages = told.map(({ progress }) => progress.percentage ?? 0);
      assert.deepEqual(
        percentages,
        percentages.toSorted((a, b) => a - b),
      );
      assert.deepEqual([told.at(-1)?.progress.status, percentages.at(-1)], ['completed', 100]);
    },
  );

  test(
    'a playlist behind any name and type is known by its first bytes, and never saved as a film',
    needed,
    async () => {
      writeFileSync(join(folder, 'ts', 'film.mp4'), Buffer.from(readPlaylist('ts')));
      for (const type of sampled(['video/mp4', 'text/plain', 'application/octet-stream'], 1)) {
        server.types.set('/ts/film.mp4', type);
        const row = await get('/ts/film.mp4', `disguised-${type.replace('/', '-')}`);
        assert.deepEqual([row?.status, row?.source], ['completed', 'stream'], row?.errorMessage ?? '');
        assert.deepEqual(describeFilm(row?.downloadPath ?? '').tracks, ['video h264 160x90', 'audio aac']);
      }
    },
  );

  test('what cannot be fetched is refused in a sentence, and nothing is left: live, DASH, DRM, other schemes, nothing', async () => {
    const head = '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n';
    const pieces = '#EXTINF:1,\na.ts\n';
    for (const [name, text, message] of [
      ['live.m3u8', `${head}${pieces}`, /live stream/],
      [
        'drm.m3u8',
        `${head}#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"\n${pieces}#EXT-X-ENDLIST\n`,
        /DRM/,
      ],
      ['dash.mpd', '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>', /DASH/],
      ['dash.mp4', '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>', /DASH/],
      ['local.m3u8', `${head}#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`, /no web link/],
      ['empty.m3u8', `${head}#EXT-X-ENDLIST\n`, /empty/],
    ] as const) {
      writeFileSync(join(folder, name), text);
      const row = await get(`/${name}`, 'refused');
      const mayChange = name === 'live.m3u8' || name === 'empty.m3u8';
      assert.deepEqual([row?.status, row?.errorClass], ['failed', mayChange ? 'media' : 'unsupported'], name);
      assert.match(row?.errorMessage ?? '', message);
      const left = existsSync(join(place.cwd, 'refused')) ? namesIn(join(place.cwd, 'refused')) : [];
      assert.deepEqual(left, [], name);
    }
  });

  test('a list of channels is no stream: it is saved as what it is', async () => {
    writeFileSync(join(folder, 'list.m3u'), '#EXTM3U url-tvg="x"\n#EXTINF:-1 tvg-id="a",A\nhttp://127.0.0.1:9/a\n');
    server.types.set('/list.m3u', 'audio/x-mpegurl');
    const row = await get('/list.m3u', 'lists');
    assert.deepEqual([row?.status, row?.source, row?.name], ['completed', 'http', 'list.m3u']);
  });

  test('a piece that is gone fails the stream with its reason, and the pieces that came are kept', needed, async () => {
    server.gate = async (path) => {
      if (path.endsWith('index4.ts')) throw new Error('the connection breaks');
    };
    const row = await get('/ts/index.m3u8', 'broken');
    assert.deepEqual([row?.status, row?.errorClass], ['failed', 'network']);
    assert.deepEqual(namesIn(join(place.cwd, 'broken')), ['ts.mp4.part', 'ts.mp4.part.json']);
    server.gate = async () => {};
    server.asked.length = 0;
    await library.control(row?.id ?? 0, 'retry');
    const again = await library.get({
      link: `${server.url}/ts/index.m3u8`,
      directory: join(place.cwd, 'broken'),
      ifExists: 'follow',
    });
    assert.equal(again?.status, 'completed', again?.errorMessage ?? '');
    assert.deepEqual(server.asked.filter((path) => path.endsWith('.ts')).sort(), ['/ts/index4.ts', '/ts/index5.ts']);
    playThrough(again?.downloadPath ?? '');
  });

  test(
    'a film that took its place in the moment of a crash, before that was recorded, is not fetched again',
    needed,
    async () => {
      const link = `${server.url}/ts/index.m3u8`;
      const whole = (await get('/ts/index.m3u8', 'whole'))?.downloadPath ?? '';
      server.gate = async (path) => {
        if (path.endsWith('index1.ts')) throw new Error('the connection breaks');
      };
      const row = await get('/ts/index.m3u8', 'crashed');
      const directory = join(place.cwd, 'crashed');
      rmSync(join(directory, 'ts.mp4.part'));
      copyFileSync(whole, join(directory, 'ts.mp4.part'));
      server.gate = async () => {};
      server.asked.length = 0;
      await library.control(row?.id ?? 0, 'retry');
      const again = await library.get({ link, directory, ifExists: 'follow' });
      assert.equal(again?.status, 'completed', again?.errorMessage ?? '');
      assert.deepEqual(readFileSync(again?.downloadPath ?? ''), readFileSync(whole));
      assert.deepEqual(
        server.asked.filter((path) => path.endsWith('.ts')),
        [],
      );
    },
  );

  test('killed in the middle it goes on with the first piece that is missing', needed, async () => {
    await using own = await ownPlace();
    const at: Place = { ...own, env: { LONGHAUL_CHECKPOINT_BYTES: '1', LONGHAUL_CHECKPOINT_INTERVAL: '1s' } };
    const reached = Promise.withResolvers<void>();
    server.gate = async (path) => {
      if (!path.endsWith('index3.ts')) return;
      reached.resolve();
      await new Promise(() => {});
    };
    const first = longhaul(['get', `${server.url}/ts/index.m3u8`], at);
    await reached.promise;
    // The pieces before the one that hangs.
    await untilKnown(own, 10_000);
    first.kill('SIGKILL');
    await first.ended;
    server.gate = async () => {};
    server.asked.length = 0;
    const second = await run(['get', `${server.url}/ts/index.m3u8`, '--json'], at);
    assert.equal(second.code, 0, second.stderr);
    const pieces = server.asked.filter((path) => path.endsWith('.ts'));
    assert.deepEqual(pieces.sort(), ['/ts/index3.ts', '/ts/index4.ts', '/ts/index5.ts']);
    const film = join(own.cwd, 'ts.mp4');
    assert.ok(Math.abs(describeFilm(film).duration - seconds * 1000) < 150);
    playThrough(film);
  });
});

function readPlaylist(name: string): string {
  return readFileSync(join(folder, name, 'index.m3u8'), 'utf8');
}
