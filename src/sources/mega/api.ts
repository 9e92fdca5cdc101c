import * as z from 'zod';
import { Failure } from '../../downloads/failure.ts';
import type { Account } from './account.ts';
import { type Asking, type ExchangeParts, exchange } from './exchange.ts';
import { apiFailure, overQuota, SessionEnded } from './refusals.ts';

export interface MegaParts extends ExchangeParts {
  /** Left out: without an account. */
  readonly account?: Account;
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

/** Size (bytes) and encrypted attributes of a linked file. Throws `Failure`. */
export async function fileFacts(parts: MegaParts, id: string, asking: Asking): Promise<z.infer<typeof fileAnswer>> {
  return read(parts, fileAnswer, await ask(parts, { a: 'g', p: id }, undefined, asking));
}

/** All entries of a linked folder and what is below it. Throws `Failure`. */
export async function folderNodes(parts: MegaParts, id: string, asking: Asking): Promise<readonly MegaNode[]> {
  return read(parts, folderAnswer, await ask(parts, { a: 'f', c: 1, ca: 1, r: 1 }, id, asking)).f;
}

/** The link under which a file's encrypted bytes can be had for some hours. Throws `Failure`. */
export async function addressOf(
  parts: MegaParts,
  place: MegaPlace,
  asking: Asking,
): Promise<z.infer<typeof addressAnswer>> {
  const command = { a: 'g', g: 1, ssl: 2, ...('file' in place ? { p: place.file } : { n: place.entry }) };
  return read(parts, addressAnswer, await ask(parts, command, 'file' in place ? undefined : place.folder, asking));
}

/** An error may stand inside an answer, with the seconds until there is quota again. */
const refusal = z.object({ e: z.int().negative(), tl: z.number().nonnegative().optional() });

function read<T>({ account, clock }: MegaParts, form: z.ZodType<T>, answer: unknown): T {
  const refused = refusal.safeParse(answer).data;
  if (refused) {
    const failure = apiFailure(refused.e, account !== undefined);
    throw failure.class === 'quota' ? overQuota(account !== undefined, refused.tl, clock.now()) : failure;
  }
  const { success, data } = form.safeParse(answer);
  if (!success) throw new Failure('protocol', 'MEGA gave an answer that is not understood');
  return data;
}

/** With the account's session where there is one; one that has ended is replaced once. */
async function ask(parts: MegaParts, command: object, folder: string | undefined, asking: Asking): Promise<unknown> {
  const { account } = parts;
  if (!account) return askAs(parts, command, folder, undefined, asking);
  const session = await account.session(asking);
  try {
    return await askAs(parts, command, folder, session, asking);
  } catch (error) {
    if (!(error instanceof SessionEnded)) throw error;
    await account.forget(session);
    return askAs(parts, command, folder, await account.session(asking), asking);
  }
}

async function askAs(
  parts: MegaParts,
  command: object,
  folder: string | undefined,
  session: string | undefined,
  asking: Asking,
): Promise<unknown> {
  const { API } = await import('megajs');
  const meaning = (code: number) => apiFailure(code, session !== undefined);
  return exchange(parts, asking, meaning, (fetch) => {
    const api = new API(false, { gateway: parts.config.mega.gateway, fetch });
    const query = {
      ...(folder === undefined ? {} : { n: folder }),
      ...(session === undefined ? {} : { sid: session }),
    };
    const sent: unknown = { ...command, _querystring: query };
    return { answer: api.request(sent as JSON) as Promise<unknown>, end: () => api.close() };
  });
}
