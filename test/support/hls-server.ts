import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ffmpeg } from './media.ts';

/** Serves a folder, with ranges, and remembers what was asked for. */
export interface HlsServer {
  /** Without slash at its end. */
  readonly url: string;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[];
  /** Before it answers, each request waits for this; may throw to close the connection. */
  gate: (path: string) => Promise<void>;
  /** Declared types by path; left out: by the ending. */
  readonly types: Map<string, string>;
  stop(): Promise<void>;
}

const typeByEnding: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  ts: 'video/mp2t',
  mp4: 'video/mp4',
  m4s: 'video/iso.segment',
  mpd: 'application/dash+xml',
};

export async function serveHls(folder: string): Promise<HlsServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hls: HlsServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    gate: async () => {},
    types: new Map(),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hls;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    hls.asked.push(path);
    await hls.gate(path);
    let body: Buffer;
    try {
      body = readFileSync(join(folder, path));
    } catch {
      response.writeHead(404).end();
      return;
    }
    const type = hls.types.get(path) ?? typeByEnding[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined) {
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
      return;
    }
    const part = body.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${body.length}`;
    const headers = { 'Content-Type': type, 'Content-Length': part.length, 'Content-Range': range };
    response.writeHead(206, headers).end(part);
  }
}

const film = (seconds: number): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc=duration=${seconds}:size=160x90:rate=10`],
  ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10', '-c:a', 'aac', '-b:a', '48k'],
];
const hls = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', '-hls_playlist_type', 'vod'];

/** Streams of so many seconds, each in a folder of its own: `ts`, `aes`, `fmp4`, `ranges`, `two` (sound apart). */
export function makeStreams(folder: string, seconds: number): void {
  const source = join(folder, 'source.mkv');
  for (const name of ['ts', 'aes', 'fmp4', 'ranges', 'two']) mkdirSync(join(folder, name));
  ffmpeg([...film(seconds), source]);
  const make = (name: string, ...args: readonly string[]): void =>
    ffmpeg(['-i', source, '-c', 'copy', ...args, ...hls, join(folder, name, 'index.m3u8')]);
  make('ts');
  writeFileSync(join(folder, 'aes', 'key'), Buffer.from('0123456789abcdef'));
  writeFileSync(join(folder, 'aes', 'info'), `key\n${join(folder, 'aes', 'key')}\n`);
  make('aes', '-hls_key_info_file', join(folder, 'aes', 'info'));
  make('fmp4', '-hls_segment_type', 'fmp4');
  make('ranges', '-hls_segment_type', 'fmp4', '-hls_flags', 'single_file');
  for (const [kind, map] of [
    ['video', '0:v'],
    ['audio', '0:a'],
  ] as const) {
    const names = ['-hls_segment_filename', join(folder, 'two', `${kind}%d.ts`)];
    ffmpeg(['-i', source, '-map', map, '-c', 'copy', ...names, ...hls, join(folder, 'two', `${kind}.m3u8`)]);
  }
  const small = ['-s', '80x46', '-hls_segment_filename', join(folder, 'two', 'small%d.ts')];
  ffmpeg([
    '-i',
    source,
    '-map',
    '0:v',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    ...small,
    ...hls,
    join(folder, 'two', 'small.m3u8'),
  ]);
  writeFileSync(join(folder, 'two', 'master.m3u8'), master);
}

const master = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="sound",DEFAULT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=80x46,AUDIO="a",CODECS="avc1.42c00a,mp4a.40.2"
small.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=160x90,AUDIO="a",CODECS="avc1.42c00a,mp4a.40.2"
video.m3u8
`;

/** Tracks and duration of a film: `video h264 160x90`, `audio aac`, and ms. */
export function describeFilm(path: string): { readonly tracks: readonly string[]; readonly duration: number } {
  const args = [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_type,codec_name,width,height:format=duration',
    '-of',
    'json',
  ];
  const said = JSON.parse(execFileSync('ffprobe', [...args, `file:${path}`], { encoding: 'utf8' }));
  return {
    tracks: said.streams.map((stream: Record<string, unknown>) =>
      [stream.codec_type, stream.codec_name, ...(stream.width ? [`${stream.width}x${stream.height}`] : [])].join(' '),
    ),
    duration: Number(said.format.duration) * 1000,
  };
}

/** Decodes the whole of it; throws where anything is wrong. */
export function playThrough(path: string): void {
  ffmpeg(['-xerror', '-i', `file:${path}`, '-f', 'null', '-']);
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}
