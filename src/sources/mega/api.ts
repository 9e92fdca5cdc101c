import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { discard } from '../../net/get.ts';
import type { Clock } from '../../time/clock.ts';
import type { Asker } from '../http/asker.ts';
import { textOf } from '../http/read-text.ts';
import { statusFailure } from '../http/status-failure.ts';

export interface MegaParts {
  readonly config: Pick<Config, 'http' | 'mega'>;
  readonly asker: Asker;
  readonly clock: Clock;
}

/** Who asks, and how. */
export interface Asking {
  readonly options: DownloadOptions;
  readonly signal: AbortSignal;
}

/** One entry of a folder, as the API has it: `t` is 0 for a file and 1 for a folder. */
export type MegaNode = z.infer<typeof node>;

/** Where a file's bytes are, by the public id of its link, or as an entry of a folder's link. */
export type MegaPlace = { readonly file: string } | { readonly folder: string; readonly entry: string };

const size = z.number().int().nonnegative();
const node = z.object({
  h: z.string(),
  p: z.string().optional(),
  t: z.number(),
  k: z.string().optional(),
  a: z.string().optional(),
  s: size.optional(),
});
const fileAnswer = z.object({ s: size, at: z.string() });
const folderAnswer = z.object({ f: z.array(node) });
const addressAnswer = z.object({ g: z.url({ protocol: /^https?$/ }), s: size });
/** A folder of 100,000 files takes about 20 MiB. */
const mostAnswer = 128 << 20;

/** The options of a download that are for whoever is asked; a login or a cookie is not meant for MEGA's servers. */
export function ownOptions({ proxy, userAgent }: DownloadOptions): DownloadOptions {
  return { ...(proxy === undefined ? {} : { proxy }), ...(userAgent === undefined ? {} : { userAgent }) };
}

/** Size (bytes) and encrypted attributes of a linked file. Throws `Failure`. */
export async function fileFacts(parts: MegaParts, id: string, asking: Asking): Promise<z.infer<typeof fileAnswer>> {
  return read(fileAnswer, await ask(parts, { a: 'g', p: id }, undefined, asking));
}

/** All entries of a linked folder and what is below it. Throws `Failure`. */
export async function folderNodes(parts: MegaParts, id: string, asking: Asking): Promise<readonly MegaNode[]> {
  return read(folderAnswer, await ask(parts, { a: 'f', c: 1, ca: 1, r: 1 }, id, asking)).f;
}

/** The link under which a file's encrypted bytes can be had for some hours. Throws `Failure`. */
export async function addressOf(
  parts: MegaParts,
  place: MegaPlace,
  asking: Asking,
): Promise<z.infer<typeof addressAnswer>> {
  const command = { a: 'g', g: 1, ssl: 2, ...('file' in place ? { p: place.file } : { n: place.entry }) };
  return read(addressAnswer, await ask(parts, command, 'file' in place ? undefined : place.folder, asking));
}

function read<T>(form: z.ZodType<T>, answer: unknown): T {
  const { success, data } = form.safeParse(answer);
  if (!success) throw new Failure('protocol', 'MEGA gave an answer that is not understood; it is tried again');
  return data;
}

/** The library's part is the request's form and the proof of work that MEGA wants now and then. */
async function ask(parts: MegaParts, command: object, folder: string | undefined, asking: Asking): Promise<unknown> {
  const { API } = await import('megajs');
  const deadline = new AbortController();
  const signal = AbortSignal.any([asking.signal, deadline.signal]);
  const { headers_timeout, idle_timeout } = parts.config.http;
  const tooSlow = new Failure('network', 'MEGA took too long to answer');
  const cancel = parts.clock.after(headers_timeout + idle_timeout, () => deadline.abort(tooSlow));
  const { gateway } = parts.config.mega;
  const api = new API(false, { gateway, fetch: fetchThrough(parts, { options: asking.options, signal }) });
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    const sent = folder === undefined ? command : { ...command, _querystring: { n: folder } };
    const answer = api.request(sent as unknown as JSON);
    answer.catch(() => {});
    return await Promise.race([answer, aborted.promise]);
  } catch (error) {
    asking.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure('protocol', 'MEGA gave an answer that is not understood; it is tried again', { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
    api.close();
    cancel();
  }
}

/** The library's `fetch`, over our own connections and proxies. An error number is thrown as its `Failure`. */
function fetchThrough({ asker, clock }: MegaParts, { options, signal }: Asking): typeof fetch {
  return async (url, given) => {
    const headers = [...new Headers(given?.headers)].filter(([name]) => name !== 'content-type');
    const post = { json: String(given?.body), headers };
    const answer = await asker.ask({ link: new URL(String(url)), options: ownOptions(options), post }, signal);
    const { head, place } = answer.exchange;
    const challenge = head.headers.get('x-hashcash');
    if (challenge !== undefined) {
      discard(answer.exchange);
      return new Response(null, { headers: { 'x-hashcash': challenge } });
    }
    if (head.status !== 200) throw statusFailure(head, place, discard(answer.exchange), clock.now());
    const text = await textOf(answer, mostAnswer, signal, 'protocol');
    const said: unknown = JSON.parse(text);
    const [first]: unknown[] = Array.isArray(said) ? said : [said];
    if (typeof first === 'number' && first < 0) throw apiFailure(first);
    return new Response(text);
  };
}

/** What an error number of MEGA's API means (its SDK, `types.h`). Pure. */
export function apiFailure(code: number): Failure {
  switch (code) {
    case -2:
    case -9:
      return new Failure('refused', 'MEGA has no such file or folder: it was deleted, or the link is wrong');
    case -11:
      return new Failure('refused', 'MEGA does not give access to this link; it may no longer be shared');
    case -6:
    case -16:
      return new Failure('refused', 'MEGA has taken this link down, or blocked its owner');
    case -4:
      return new Failure('rate_limit', 'MEGA answers with too many requests for now');
    case -17:
    case -24:
    case -29:
      return new Failure('quota', 'the transfer quota of MEGA is used up for now');
    default:
      return new Failure('server', `MEGA answers with trouble on its side (${code})`);
  }
}
