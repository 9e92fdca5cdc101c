import { formatSeed } from '../config/seed.ts';
import type { Download, Live } from '../downloads/download.ts';
import { isSeeding, seedingText } from '../downloads/seeding.ts';
import type { Status } from '../downloads/states.ts';
import { type DownloadStep, specText } from '../downloads/steps.ts';
import { amountText, bytesText, momentText, spanText, speedText } from '../downloads/words.ts';

/** What the row does not know of itself. */
export interface WhyFacts {
  /** Who holds the lease, or is the only one that may run it; null: nobody in particular. */
  readonly holder: Holder | null;
  /** True when some living engine will run it as soon as it may run. */
  readonly willRun: boolean;
  /** The limit of tries that applies when the download names none. */
  readonly maxTries: number;
  /** What is done after the bytes are in place; left out: nothing. */
  readonly steps?: readonly DownloadStep[];
  /** The end of the hours in which nothing may be fetched, epoch ms; undefined when they are not now. Infinity: never. */
  readonly closedUntil?: number | undefined;
}

/** An instance, as a person would look for it. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly role: string;
  readonly alive: boolean;
}

/**
 * One sentence: why the download is where it is, and what happens next or what the person can do.
 * Pure; `now` is UTC epoch ms.
 */
export function whyOf(download: Download & Live, facts: WhyFacts, now: number): string {
  if (download.wish) return wished(download, facts);
  return sentences[download.status](download, facts, now);
}

function stepWords({ steps = [] }: WhyFacts): string {
  const at = steps.findIndex(({ status }) => status !== 'completed');
  const step = steps[at];
  return step ? `${specText(step)} (step ${at + 1} of ${steps.length}) runs` : 'what is left to do is done';
}

type Sentence = (download: Download & Live, facts: WhyFacts, now: number) => string;

const sentences: Readonly<Record<Status, Sentence>> = {
  pending: waitsForTurn,
  downloading: (download, facts) => running(download, facts, doing(download)),
  processing: (download, facts) => running(download, facts, `the bytes are in place, ${stepWords(facts)}`),
  retrying: waitsForTry,
  paused: (download) => `paused at ${amount(download)}; go on with: longhaul resume ${download.id}`,
  completed: delivered,
  failed: gaveUp,
  cancelled: (download) => `cancelled at ${amount(download)}; begin again with: longhaul retry ${download.id}`,
  cleaned: (download) =>
    `it was delivered and its file removed since; fetch it again with: longhaul retry ${download.id}`,
};

const waitsFor: Readonly<Record<string, string>> = {
  step: 'is in place and waits for its steps, because as many as are allowed are at work (queue.steps)',
  slot: 'waits for a free place among the running downloads',
  host: 'waits because its host is busy with as many downloads as are allowed',
  category: 'waits because as many of its category run as are allowed',
};

function waitsForTurn(download: Download, facts: WhyFacts, now: number): string {
  if (!facts.willRun) return `${unmanned(facts)}; start with: longhaul resume-downloads`;
  const begun = download.bytesDownloaded > 0 ? `, ${amount(download)} are kept` : '';
  if (download.waitingFor === 'window') return `${hours(facts, now)}${begun}`;
  if (download.waitingFor) return `${waitsFor[download.waitingFor] ?? `waits for ${download.waitingFor}`}${begun}`;
  return `waits for its turn${begun}; ${by(facts)} takes it next`;
}

function hours({ closedUntil }: WhyFacts, now: number): string {
  const words = 'waits for the hours in which downloads may run';
  if (closedUntil === undefined) return words;
  if (closedUntil === Number.POSITIVE_INFINITY) return `${words}, and limits.schedule leaves none`;
  return `${words}, from ${momentText(closedUntil, now)} on (in ${spanText(closedUntil - now)})`;
}

const peerWords: Readonly<Record<string, string>> = {
  metadata: 'waiting for metadata: it asks peers what the magnet link contains',
  peers: 'waiting for peers: nobody sends anything now',
};

function doing(download: Download & Live): string {
  const words = peerWords[download.waitingFor ?? ''];
  const { live } = download;
  const so = live
    ? `${amountText(live.bytes, live.totalBytes ?? download.totalBytes)} so far${pace(live)}`
    : `${amount(download)} so far`;
  return words === undefined ? `downloading, ${so}` : download.totalBytes === null ? words : `${words}, ${so}`;
}

function running(download: Download, facts: WhyFacts, doing: string): string {
  if (facts.holder && !facts.holder.alive) {
    return `${named(facts.holder)} stopped while it was ${download.status}, ${amount(download)} are kept; ${
      facts.willRun ? 'another takes it over at once' : 'go on with: longhaul resume-downloads'
    }`;
  }
  return `${doing}, by ${facts.holder ? named(facts.holder) : 'an instance that did not give its name'}`;
}

function pace({ speed, eta }: NonNullable<Live['live']>): string {
  if (speed <= 0) return '';
  return ` at ${speedText(speed)}${eta === null ? '' : `, ${spanText(eta)} to go`}`;
}

const retryWords: Readonly<Record<string, string>> = {
  backoff: 'the last try failed',
  quota: "the host's quota is used up (this does not count as a try)",
  rate_limit: 'the host asked to come back later',
  no_space: 'the disk is full (this does not count as a try)',
  offline: 'there is no network (this does not count as a try)',
  metadata: 'waiting for metadata (this does not count as a try)',
};

function waitsForTry(download: Download, facts: WhyFacts, now: number): string {
  const reason = reasonOf(download);
  const limit = download.options.maxTries ?? facts.maxTries;
  const tries = download.triesInVain > 0 ? `, ${download.triesInVain} of ${limit} tries used` : '';
  return `${reason}${tries}; ${nextTry(download, facts, now)}`;
}

/** The error says itself that the disk is full, and where. */
function reasonOf({ waitingFor, errorMessage }: Download): string {
  const words = retryWords[waitingFor ?? 'backoff'] ?? retryWords.backoff;
  if (!errorMessage) return words ?? '';
  if (waitingFor === 'no_space') return `${ended(errorMessage)} (this does not count as a try)`;
  return `${words}: ${ended(errorMessage)}`;
}

/** So near a try (ms) nobody has to be told how to hurry it. */
const soon = 15_000;

function nextTry(download: Download, facts: WhyFacts, now: number): string {
  if (!facts.willRun) return `${unmanned(facts)}, go on with: longhaul resume-downloads`;
  const at = download.nextAttemptAt;
  if (facts.closedUntil !== undefined && (at ?? now) < facts.closedUntil) return `the next try ${hours(facts, now)}`;
  if (at === null || at <= now) return 'the next try is due now';
  if (at - now < soon) return `the next try follows in ${spanText(Math.ceil((at - now) / 1000) * 1000)}`;
  return `the next try is at ${momentText(at, now)} (in ${spanText(at - now)}), or at once with: longhaul retry ${download.id}`;
}

function delivered(download: Download, facts: WhyFacts, now: number): string {
  return `${deliveredWords(download)}${seedingWords(download, facts, now)}`;
}

function seedingWords({ id, seeding, fileSize }: Download, { willRun }: WhyFacts, now: number): string {
  const text = seedingText(seeding, fileSize, now);
  if (seeding === null || text === undefined) return '';
  if (seeding.state === 'paused') return `; ${text}: go on with longhaul resume ${id}`;
  if (isSeeding(seeding, now)) return `; ${text} of ${formatSeed(seeding.goal)}: end it with longhaul cancel ${id}`;
  return willRun ? `; ${text}` : `; ${text}, when longhaul serve runs`;
}

function deliveredWords(download: Download): string {
  const size = bytesText(download.fileSize ?? download.totalBytes);
  const link = download.resultLink === null ? '' : `; it is at ${download.resultLink}`;
  if (download.downloadPath === null && download.options.keep === 'none')
    return `done; nothing of it is kept here${link}`;
  if (download.source === 'local') return `done: ${size}${link}`;
  return `delivered: ${size}, ${certainty[download.integrity ?? 'unverified']}${link}`;
}

const certainty = {
  checksum: 'its digest was checked',
  validator: 'its length and one version of the file held over all requests',
  length: 'its length was checked',
  unverified: 'nothing to check it against',
} as const;

/** Its message says already how often it was tried. */
function gaveUp(download: Download): string {
  const error = ended(download.errorMessage ?? 'it failed without saying why');
  const option = advised(error);
  if (option === '' && isInVain(download)) return error;
  return `${error}; try again with: longhaul retry ${download.id}${option}`;
}

/** Links of these hold a key or a digest: what is wrong with one stays wrong. */
const selfProving: ReadonlySet<string> = new Set(['mega', 'megacmd', 'torrent', 'qbittorrent']);

/** The same would come again: what nothing here can fetch, a file in place that cannot be used, a link that is wrong. */
function isInVain({ errorClass, downloadPath, source }: Download): boolean {
  const isInPlace = downloadPath !== null;
  if (errorClass === 'unsupported' || errorClass === 'gone') return true;
  if (errorClass === 'media') return isInPlace;
  return errorClass === 'link' && !isInPlace && selfProving.has(source);
}

const withOption: Readonly<Record<string, string>> = {
  '-d': ' -d FOLDER',
  '--user': ' --user NAME',
  '--bearer': ' --bearer',
  '--header': " --header 'NAME: VALUE'",
  '--select': ' --select FILES',
};

/** The option that the error advises, as `retry` takes it: without it the same would happen again. */
function advised(error: string): string {
  const option = /(?<![\w-])(?:-d|--user|--bearer|--header|--select)(?![\w-])/.exec(error)?.[0];
  return withOption[option ?? ''] ?? '';
}

const wishWords = {
  pause: 'pause',
  resume: 'go on',
  cancel: 'cancel',
  retry: 'try again',
  remove: 'remove it',
  nudge: 'open its connections anew',
} as const;

function wished(download: Download, facts: WhyFacts): string {
  const asked = `it was asked to ${wishWords[download.wish ?? 'pause']}`;
  if (facts.holder && !facts.holder.alive)
    return `${asked}, but ${named(facts.holder)} stopped; whoever takes it over obeys first`;
  return `${asked}; ${facts.holder ? named(facts.holder) : 'its process'} obeys within a second`;
}

function unmanned(facts: WhyFacts): string {
  return facts.holder && !facts.holder.alive
    ? `${named(facts.holder)} that was to run it stopped`
    : 'nobody is running who would take it';
}

function by(facts: WhyFacts): string {
  return facts.holder ? named(facts.holder) : 'a running instance';
}

function named(holder: Holder): string {
  return `\`${holder.role}\` (process ${holder.pid} on ${holder.host})`;
}

function amount(download: Download): string {
  return amountText(download.bytesDownloaded, download.totalBytes);
}

/** Without the full stop, to go on after it. */
function ended(sentence: string): string {
  return sentence.replace(/[.;\s]+$/, '');
}
