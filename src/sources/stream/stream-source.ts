import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { safeName, splitExtension } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import { findPrograms } from '../../ffmpeg/programs.ts';
import type { Log } from '../../log/log.ts';
import { textOf, whileItComes } from '../../net/answer-text.ts';
import { discard } from '../../net/get.ts';
import { firstHop, type Hop } from '../../net/redirect.ts';
import type { StreamTrack } from '../../playlist/hls.ts';
import { streamKind } from '../../playlist/stream-kind.ts';
import type { Clock } from '../../time/clock.ts';
import { Asker } from '../http/asker.ts';
import { linkKey, parseLink } from '../http/link.ts';
import { lastSegment } from '../http/name.ts';
import { statusFailure } from '../http/status-failure.ts';
import type { Manifest, ResolveRequest, Source } from '../source.ts';
import { durationOf, type StreamPlan, versionOf } from './plan.ts';
import { StreamTransfer } from './stream-transfer.ts';

export interface StreamSourceOptions {
  readonly config: Pick<Config, 'http' | 'hosts' | 'ffmpeg' | 'downloads'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/** A playlist is never longer, bytes. */
const longestPlaylist = 64 << 20;
/** Pieces that are fetched at the same time. */
const mostAtOnce = 4;
/** Names that say nothing: the folder's is taken then. */
const plainNames =
  /^(?:index|master|playlist|main|manifest|stream|video|chunklist|prog_index|hls)(?:[-_.]?\w{1,12})?$/i;

/**
 * Streams in pieces (HLS, RFC 8216) that have an end, put together to one film by ffmpeg. It takes no link of its own
 * accord: what a link leads to shows only when it is asked, and then the download is handed over (`Failure` of class
 * `stream`).
 */
export function createStreamSource({ config, clock, disk, log }: StreamSourceOptions): Source {
  const asker = new Asker({ config: config.http, hosts: config.hosts, clock, disk });
  const idleTimeout = config.http.idle_timeout;
  return {
    name: 'stream',
    accepts: () => false,
    keyOf: linkKey,
    async resolve(request, signal) {
      const found = await tracksOf({ asker, clock, idleTimeout }, request, signal);
      log.debug({ tracks: found.tracks.length, pieces: found.tracks[0]?.segments.length }, 'resolved');
      return manifestOf(request, found);
    },
    fetch(request) {
      const [target] = request.targets;
      if (!target || request.targets.length !== 1) throw new Failure('internal', 'a stream has exactly one file');
      const connections = request.options.connections ?? config.http.connections;
      const parts = {
        disk,
        ffmpeg: { clock, disk, log, stalledAfter: config.ffmpeg.stalled_after },
        pieces: { asker, clock, idleTimeout },
        atOnce: Math.min(mostAtOnce, connections),
        mode: Number.parseInt(config.downloads.file_mode, 8),
        findPrograms: () => findPrograms(config.ffmpeg),
      };
      return new StreamTransfer(parts, request, target);
    },
    async close() {
      asker.close();
    },
  };
}

interface Reading {
  readonly asker: Asker;
  readonly clock: Clock;
  /** Longest silence, ms. */
  readonly idleTimeout: number;
}

interface Found {
  readonly tracks: readonly StreamTrack[];
  /** For people. */
  readonly chosen: string | undefined;
}

async function tracksOf(parts: Reading, request: ResolveRequest, signal: AbortSignal): Promise<Found> {
  const { readHls } = await import('../../playlist/hls.ts');
  const link = parseLink(request.link);
  const read = async (start: Hop) => {
    const { text, address } = await textAt(parts, request, start, signal);
    const kind = streamKind(text);
    if (kind === 'hls') return readHls(text, address);
    const sent = `what ${new URL(address).host} sent`;
    if (kind === 'dash') {
      const next = 'look for an HLS link (.m3u8)';
      throw new Failure('unsupported', `${sent} is a DASH stream, which Longhaul does not fetch; ${next}`);
    }
    throw new Failure('media', `${sent} is no playlist of a stream`);
  };
  const first = await read(firstHop(link));
  if (first.kind === 'media') return { tracks: [first.track], chosen: undefined };
  const tracks: StreamTrack[] = [];
  for (const address of [first.video, ...(first.audio === undefined ? [] : [first.audio])]) {
    const url = new URL(address);
    const playlist = await read({ url, visited: [], trusted: url.origin === link.origin });
    if (playlist.kind !== 'media') {
      throw new Failure('unsupported', 'the playlist of the stream leads from choice to choice');
    }
    tracks.push(playlist.track);
  }
  return { tracks, chosen: first.chosen };
}

async function textAt(
  { asker, clock, idleTimeout }: Reading,
  request: ResolveRequest,
  start: Hop,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly address: string }> {
  const answer = await asker.ask({ link: parseLink(request.link), options: request.options, start }, signal);
  const { head, place } = answer.exchange;
  if (head.status !== 200) {
    throw statusFailure(head, place, discard(answer.exchange), clock.now(), answer.credentials);
  }
  const text = await whileItComes(answer.exchange, { clock, idleTimeout }, signal, (until, onBytes) =>
    textOf(answer.exchange, longestPlaylist, until, 'media', onBytes),
  );
  return { text, address: answer.hop.url.href };
}

function manifestOf({ link, resume }: ResolveRequest, { tracks, chosen }: Found): Manifest {
  const plan: StreamPlan = { link, tracks };
  const version = versionOf(plan);
  const continues = !resume || bytesIn(resume.durable) === 0 || resume.token.stream === version;
  const name = streamName(parseLink(link));
  return {
    name,
    files: [{ path: safeName(name), size: null, main: true }],
    totalBytes: null,
    resumeToken: { stream: version },
    continues,
    ...(continues ? {} : { reason: 'the stream is another one than before' }),
    ranges: true,
    validator: `a stream of ${Math.round(durationOf(plan) / 1000)} s${chosen === undefined ? '' : ` (${chosen})`}`,
    plan,
  };
}

/** `…/holiday/master.m3u8` → `holiday.mp4`. Pure. */
export function streamName(link: URL): string {
  const parts = link.pathname.split('/').filter((part) => part !== '');
  const own = splitExtension(lastSegment(link)).stem;
  const folder = parts.length > 1 ? lastSegment(new URL(`http://x/${parts.at(-2)}`)) : '';
  const stem = own !== '' && !plainNames.test(own) ? own : folder || own || link.hostname;
  return `${/\.(?:mp4|m4v|mov|mkv|ts)$/i.test(stem) ? splitExtension(stem).stem : stem}.mp4`;
}
