import type { Attempt, Download } from '../../src/downloads/download.ts';
import { bytesIn, normalRanges, type Range } from '../../src/downloads/ranges.ts';
import type { LoggedRequest } from './nginx.ts';
import type { RaceStory } from './race.ts';
import type { Racer } from './race-process.ts';

/** By how much moments that different processes note may be off on one machine, ms. */
const slack = 100;

export interface RaceFigures {
  readonly seconds: number;
  readonly kills: number;
  readonly stops: number;
  readonly longStops: number;
  readonly processes: number;
  readonly attempts: number;
  /** Attempts that ended because their holder died or its lease ran out. */
  readonly rescues: number;
  readonly retries: number;
  readonly requests: number;
  /** Requests by a holder that had lost its lease. */
  readonly lateRequests: number;
  readonly bytesTwice: number;
}

/** What must hold after a race; one sentence for each thing that does not. */
export function raceFindings(story: RaceStory): string[] {
  const requests = Map.groupBy(story.requests, nameOf);
  const found = [...endings(story), ...files(story)];
  for (const download of story.downloads) {
    const attempts = story.attempts.get(download.id) ?? [];
    const asked = requests.get(download.name ?? '') ?? [];
    const said = [
      ...acceptedOnce(story, download),
      ...oneHolder(byDownload(story.events).get(download.id) ?? [], attempts),
      ...log(story, download, attempts, asked),
    ];
    found.push(...said.map((sentence) => `download ${download.id} (${download.name}): ${sentence}`));
  }
  return found;
}

export function raceFigures(story: RaceStory): RaceFigures {
  const attempts = [...story.attempts.values()].flat();
  const sent = story.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  const needed = [...story.wanted.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const lost = attempts.filter(({ outcome }) => outcome === 'lost');
  const byName = new Map(story.downloads.map((download) => [download.name, download.id]));
  const late = story.requests.filter((request) => {
    const own = story.attempts.get(byName.get(nameOf(request)) ?? 0) ?? [];
    return !holderOf(story, own, request, 'held');
  });
  return {
    ...{ seconds: Math.round(story.took / 1000), kills: story.kills, stops: story.stops, longStops: story.longStops },
    ...{ processes: story.racers.length, attempts: attempts.length, rescues: lost.length },
    retries: story.downloads.reduce((sum, { retryCount }) => sum + retryCount, 0),
    ...{ requests: story.requests.length, lateRequests: late.length, bytesTwice: sent - needed },
  };
}

/** All is completed without a person, and who is left ends decently. */
function endings({ downloads, wanted, exitCodes, racers }: RaceStory): string[] {
  const unfinished = downloads.filter(({ status }) => status !== 'completed');
  return [
    ...(downloads.length === wanted.size ? [] : [`${downloads.length} downloads of ${wanted.size} are there`]),
    ...unfinished.map(({ id, status, errorMessage }) => `download ${id} ends as ${status}: ${errorMessage}`),
    ...exitCodes.filter((code) => code !== 0).map((code) => `a server ended with ${code} at SIGTERM`),
    ...racers.flatMap(({ agent, stderr }) =>
      stderr.includes('that nobody caught') ? [`${agent} had an error that nobody caught: ${stderr.slice(-2000)}`] : [],
    ),
  ];
}

/** Exactly the files that were wanted, each with its bytes: no partial, no sidecar, no second copy. */
function files({ wanted, found }: RaceStory): string[] {
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const strays = [...found.keys()].filter((name) => !wanted.has(name));
  const wrong = [...wanted].filter(([name, { digest }]) => found.has(name) && found.get(name)?.digest !== digest);
  return [
    ...missing.map((name) => `${name} is missing`),
    ...strays.map((name) => `${name} is left over`),
    ...wrong.map(([name]) => `${name} has wrong bytes`),
  ];
}

/** One completion, and after it nobody has touched the file or its name. */
function acceptedOnce({ events, found }: RaceStory, download: Download): string[] {
  const completions = (byDownload(events).get(download.id) ?? []).filter(({ to }) => to === 'completed').length;
  const touched = (found.get(download.name ?? '')?.changedAt ?? 0) - (download.completedAt ?? 0);
  return [
    ...(completions === 1 ? [] : [`completed ${completions} times`]),
    ...(touched > slack ? [`its file was changed ${Math.round(touched)} ms after it was completed`] : []),
  ];
}

const grouped = new WeakMap<RaceStory['events'], Map<number, RaceStory['events']>>();

function byDownload(events: RaceStory['events']): Map<number, RaceStory['events']> {
  const known = grouped.get(events) ?? Map.groupBy(events, ({ downloadId }) => downloadId);
  grouped.set(events, known);
  return known;
}

/**
 * Events are in the order of the commits, which is what counts: between two claims the lease was given up, each claim
 * has the next token, and the last one is completed. (The moments of attempts tell when something was asked for; a
 * process that was stopped may commit it later.)
 */
function oneHolder(events: RaceStory['events'], attempts: readonly Attempt[]): string[] {
  const found: string[] = [];
  let status: string = 'pending';
  let token = 0;
  for (const { id, kind, from, to, detail } of events) {
    if (kind !== 'state' || to === null) continue;
    if (from !== status) found.push(`event ${id} leaves ${from}, but it was ${status}`);
    const isClaim = detail.token !== undefined;
    if (isClaim && (status !== 'pending' || detail.token !== token + 1))
      found.push(`event ${id} is a claim with token ${detail.token}; it was ${status}, token ${token}`);
    if (isClaim) token += 1;
    status = to;
  }
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.token !== index + 1) found.push(`attempt ${index + 1} has the token ${attempt.token}`);
    if ((attempt.outcome === 'completed') !== (index === attempts.length - 1))
      found.push(`attempt ${attempt.token} of ${attempts.length} ended as ${attempt.outcome}`);
  }
  return found;
}

/**
 * The server's log against the attempts: whoever asked had an attempt at that moment, or had lost it, because it was
 * stopped or got no processor, and did not know yet; what came of that was not written, or the file would have changed.
 * What was served covers the whole file, so nothing was accepted that was not fetched.
 */
function log(
  story: RaceStory,
  download: Download,
  attempts: readonly Attempt[],
  requests: readonly LoggedRequest[],
): string[] {
  const strangers = requests.filter((request) => !holderOf(story, attempts, request, 'held or lost'));
  let sent: readonly Range[] = [];
  for (const { range, bytesSent, status } of requests) {
    const from = status === 206 ? Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0) : 0;
    if (bytesSent > 0 && (status === 200 || status === 206)) sent = normalRanges([...sent, [from, from + bytesSent]]);
  }
  const { fileSize } = download;
  return [
    ...strangers.map(({ agent, from, request }) => `${agent} asked at ${from} without having it: ${request}`),
    ...(bytesIn(sent) === fileSize ? [] : [`${bytesIn(sent)} bytes of ${fileSize} were served`]),
    ...(requests.some(({ status }) => status === 200 || status === 206) ? [] : ['was never asked for']),
  ];
}

/** The attempt in which it was sent. */
function holderOf(
  { racers }: RaceStory,
  attempts: readonly Attempt[],
  { agent, from }: LoggedRequest,
  which: 'held' | 'held or lost',
): Attempt | undefined {
  const racer = racers.find((one) => one.agent === agent);
  return attempts.find((attempt) => {
    if (!racer || !isBy(racers, racer, attempt) || from + slack < attempt.startedAt) return false;
    if (from <= (attempt.endedAt ?? Number.POSITIVE_INFINITY) + slack) return true;
    return which === 'held or lost' && attempt.outcome === 'lost';
  });
}

/** Of one that was killed before it could tell its name nothing more is known than that it is none of the others. */
function isBy(racers: readonly Racer[], racer: Racer, { instance }: Attempt): boolean {
  if (racer.instance !== undefined) return racer.instance === instance;
  return !racers.some((other) => other.instance === instance);
}

function nameOf({ request }: LoggedRequest): string {
  return /^\w+ \/(\S+)/.exec(request)?.[1] ?? '';
}
