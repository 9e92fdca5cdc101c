import type { Config } from '../../config/config.ts';
import { safeName } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';
import { bytesIn, contiguousFromStart, missingRanges } from '../../downloads/ranges.ts';
import { beginningOf, whileItComes } from '../../net/answer-text.ts';
import { type Answer, discard } from '../../net/get.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';
import { streamKind } from '../../playlist/stream-kind.ts';
import type { Clock } from '../../time/clock.ts';
import type { Manifest, ResolveRequest } from '../source.ts';
import type { Asker } from './asker.ts';
import { digestsOf, strongestOf } from './digests.ts';
import type { HeldAnswers } from './held.ts';
import type { HostConnections } from './host-connections.ts';
import { type Asked, judge, type Proof, type Verdict } from './judge.ts';
import { parseLink, withoutSecrets } from './link.ts';
import { mediaType, nameOf } from './name.ts';
import { encodingOf, type HttpPlan, leastOverlap, overlapBytes } from './plan.ts';
import { isOverload, statusFailure } from './status-failure.ts';
import { mayLeadToStream, refusePage, sniffedBytes, sniffs, streamFailure } from './suspect.ts';
import { type HttpToken, readToken, storedToken } from './token.ts';
import { compareVersion, validatorOf, versionOf } from './validators.ts';

export interface Resolving {
  readonly asker: Asker;
  readonly held: HeldAnswers;
  readonly clock: Clock;
  readonly config: Pick<Config['http'], 'idle_timeout'>;
  readonly hosts: HostConnections;
}

/** A question about one file can be asked again for a better one; a server that never settles is given up. */
const mostQuestions = 4;

/** What is to be asked, and the end of the range where it is bounded. */
interface Ask extends Asked {
  readonly to?: number | undefined;
  readonly isMirror?: boolean;
}

/**
 * Asks the links of the file in their order until one answers. A mirror that has the file from its beginning only is
 * no reason to give up what is here while the first link may answer again. Throws what the first one's failure was.
 */
export async function resolveAny(context: Resolving, request: ResolveRequest, signal: AbortSignal): Promise<Manifest> {
  const mirrors = request.options.mirrors ?? [];
  try {
    return await resolveLink(context, request, signal);
  } catch (failure) {
    for (const link of mirrors) {
      signal.throwIfAborted();
      const manifest = await resolveLink(context, { ...request, link }, signal, true).catch(() => undefined);
      if (!manifest) continue;
      if (manifest.continues || !mayAnswerAgain(failure)) return manifest;
      context.held.take((manifest.plan as HttpPlan).held ?? 0)?.exchange.abandon();
    }
    throw failure;
  }
}

function mayAnswerAgain(failure: unknown): boolean {
  return failure instanceof Failure && failure.retry.when !== 'never';
}

/**
 * Asks for the file, from the first gap of the partial where there is one, and keeps the answer for
 * `fetch`. Throws `Failure`, or the signal's reason.
 */
async function resolveLink(
  context: Resolving,
  request: ResolveRequest,
  signal: AbortSignal,
  isMirror = false,
): Promise<Manifest> {
  const link = parseLink(request.link);
  let ask = firstAsk(request);
  let givenUp: string | undefined =
    request.resume && !ask.partial && hasBytes(request) ? 'no validator and no size are known' : undefined;
  let hasRanges = true;
  let looked = false;
  for (let questions = 0; questions < mostQuestions; questions += 1) {
    const answer = await sendAsk(context, link, { ...ask, isMirror }, request, signal);
    const { head } = answer.exchange;
    const encoding = encodingOf(head, link);
    const verdict = judge(ask, head, encoding !== undefined);
    if (verdict.use === 'nothing') {
      const { exchange, credentials, hop } = answer;
      const failure = statusFailure(head, exchange.place, discard(exchange), context.clock.now(), credentials);
      if (isOverload(failure)) context.hosts.halve(hop.url.host);
      throw failure;
    }
    if (verdict.use === 'again') {
      discard(answer.exchange);
      if (verdict.ask === 'whole') {
        givenUp = verdict.reason;
        hasRanges &&= verdict.changed;
      }
      ask = nextAsk(request, ask, verdict.ask);
      continue;
    }
    try {
      refusePage(head, link, answer.exchange.place, ask.partial ?? earlierToken(request));
    } catch (failure) {
      answer.exchange.abandon();
      throw failure;
    }
    if (!looked && mayLeadToStream(head, answer.hop.url, link)) {
      const { exchange } = answer;
      const pace = { clock: context.clock, idleTimeout: context.config.idle_timeout };
      const beginning = await whileItComes(exchange, pace, signal, (until, onBytes) =>
        beginningOf(exchange, sniffedBytes, until, onBytes),
      );
      if (streamKind(beginning)) throw streamFailure(exchange.place);
      // A list of other things: its first bytes were looked at, so it is asked for once more.
      looked = true;
      continue;
    }
    if (verdict.use === 'fresh') givenUp = verdict.reason;
    const asked = { ...ask, isMirror };
    return manifestOf(context, request, { link, answer, verdict, ask: asked, encoding, givenUp, hasRanges });
  }
  throw new Failure('protocol', `${link.host} contradicts itself about ranges of this file`);
}

function sendAsk(
  context: Resolving,
  link: URL,
  ask: Ask,
  request: ResolveRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const ifRange = ask.partial && ask.from !== undefined ? validatorOf(ask.partial) : undefined;
  const { from, to, isMirror = false } = ask;
  return context.asker.ask({ link, options: request.options, from, to, ifRange, isMirror }, signal);
}

const whole: Ask = { from: undefined, overlap: false };

function hasBytes({ resume }: ResolveRequest): boolean {
  return resume !== undefined && bytesIn(resume.durable) > 0;
}

function earlierToken({ resume }: ResolveRequest): HttpToken | undefined {
  return resume && readToken(resume.token);
}

/** From the first gap; the last byte of a partial without gaps, to see whether it is still the same file. */
function firstAsk(request: ResolveRequest): Ask {
  const { resume } = request;
  if (!resume || !hasBytes(request)) return whole;
  const partial = readToken(resume.token);
  const overlap = validatorOf(partial) === undefined;
  if (partial.total === null) {
    const from = contiguousFromStart(resume.durable);
    return overlap || from === 0 ? whole : { from, partial, overlap: false };
  }
  const [gap] = missingRanges(resume.durable, partial.total);
  const [start, end] = gap ?? [partial.total, partial.total];
  if (overlap && start < leastOverlap) return whole;
  const from = overlap ? Math.max(0, start - overlapBytes) : Math.min(start, partial.total - 1);
  return { from, to: end < partial.total ? end : undefined, partial, overlap };
}

function nextAsk(request: ResolveRequest, ask: Ask, kind: 'whole' | 'overlap' | 'end'): Ask {
  const { partial, from } = ask;
  if (kind === 'whole' || !partial || from === undefined) return whole;
  if (kind === 'end') return { from: from - 1, partial: { ...partial, total: from }, overlap: false };
  const { durable = [] } = request.resume ?? {};
  const [gap] = missingRanges(durable, partial.total ?? 0);
  const joint = gap?.[0] ?? partial.total ?? 0;
  if (joint < leastOverlap) return whole;
  return { ...ask, from: Math.max(0, joint - overlapBytes), overlap: true };
}

interface Outcome {
  readonly link: URL;
  readonly answer: Answer;
  readonly verdict: Extract<Verdict, { use: 'body' | 'fresh' }>;
  readonly ask: Ask;
  readonly encoding: string | undefined;
  readonly givenUp: string | undefined;
  /** False: the server has shown that it cannot continue in the middle, whatever it says. */
  readonly hasRanges: boolean;
}

function manifestOf(context: Resolving, request: ResolveRequest, outcome: Outcome): Manifest {
  const { link, answer, verdict, encoding } = outcome;
  const announced = request.options.size;
  const told = encoding === undefined ? verdict.total : null;
  if (announced !== undefined && told !== null && told !== announced) {
    answer.exchange.abandon();
    const said = `${answer.exchange.place} has a file of ${told} bytes where ${announced} were announced`;
    throw new Failure('changed', said, { retry: { when: 'never' } });
  }
  const { head } = answer.exchange;
  const proof: Proof = verdict.use === 'body' ? verdict.proof : 'fresh';
  const token = tokenOf(outcome, proof);
  const name = nameOf(head, answer.hop.url, link);
  const plan: HttpPlan = {
    link: link.href,
    target: answer.hop.url.href,
    trusted: answer.hop.trusted,
    isMirror: outcome.ask.isMirror === true,
    token,
    held: context.held.keep(answer),
    at: verdict.use === 'body' ? verdict.at : 0,
    proof,
    ranges: outcome.hasRanges && verdict.use === 'body' && verdict.ranges,
    ...(encoding === undefined ? {} : { encoding }),
    sniff: encoding === undefined && sniffs(head, link),
  };
  const size = encoding === undefined ? verdict.total : null;
  return {
    name,
    // One file, never a folder of it: slashes in a header or behind an escape are part of no path.
    files: [{ path: safeName(name), size, main: true }],
    totalBytes: size,
    resumeToken: storedToken(token),
    ...toldDigest(token),
    ...forPeople(head, token),
    plan,
    ...continuation(request, outcome, proof),
  };
}

function toldDigest({ digests = [] }: HttpToken): Pick<Manifest, 'digest'> {
  const digest = strongestOf(digests);
  return digest === undefined ? {} : { digest };
}

function forPeople(head: ResponseHead, token: HttpToken): Pick<Manifest, 'ranges' | 'validator'> {
  const said = head.headers.get('accept-ranges')?.toLowerCase();
  const ranges = head.status === 206 || said === 'bytes' ? true : said === 'none' ? false : undefined;
  const validator =
    token.etag !== undefined
      ? `ETag ${token.etag}`
      : token.lastModified !== undefined
        ? `Last-Modified ${token.lastModified}`
        : undefined;
  return { ...(ranges === undefined ? {} : { ranges }), ...(validator === undefined ? {} : { validator }) };
}

/** With nothing on disk there is nothing to give up, unless what was recorded is no longer true. */
function continuation(request: ResolveRequest, outcome: Outcome, proof: Proof): Pick<Manifest, 'continues' | 'reason'> {
  const earlier = earlierToken(request);
  if (!earlier || proof !== 'fresh') return { continues: true };
  if (hasBytes(request))
    return { continues: false, reason: outcome.givenUp ?? 'the file has to be fetched from its beginning' };
  const same =
    compareVersion(earlier, outcome.answer.exchange.head) !== 'different' && earlier.total === outcome.verdict.total;
  return same ? { continues: true } : { continues: false, reason: 'the file on the server is another one than before' };
}

function tokenOf({ answer, verdict, ask, encoding }: Outcome, proof: Proof): HttpToken {
  const { head } = answer.exchange;
  const url = withoutSecrets(answer.hop.url);
  const total = encoding === undefined ? verdict.total : null;
  if (proof !== 'fresh' && ask.partial) {
    const doubtful = ask.partial.doubtful === true || proof === 'overlap';
    return { ...ask.partial, total, url, ...(doubtful ? { doubtful } : {}) };
  }
  const digests = encoding === undefined ? digestsOf(head.headers, head.status === 206) : [];
  return {
    ...versionOf(head),
    total,
    url,
    type: mediaType(head),
    ...(digests.length > 0 ? { digests } : {}),
  };
}
