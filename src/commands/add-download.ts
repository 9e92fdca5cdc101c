import { isRate, rateAllowed } from '../config/rate.ts';
import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { isUnfinished } from '../downloads/states.ts';
import type { Source } from '../sources/source.ts';
import type { NewDownload } from '../store/store.ts';
import { parseChecksum } from '../verify/checksum.ts';
import type { Added, AddRequest, Refused } from './commands.ts';
import { anyEngine, type CommandParts, livingInstance } from './parts.ts';

/**
 * Accepts a link: one row and one event, or the unfinished download that is there for it already.
 * Such a one whose engine has died, or that nobody runs, becomes the asking instance's own.
 */
export async function addDownload(parts: CommandParts, request: AddRequest): Promise<Added> {
  const { download, followed } = await parts.store.add(await checked(parts, request), parts.clock.now());
  return taken(parts, request, download, followed);
}

/** The same for many, in one transaction; one that is refused does not keep the others out. */
export async function addDownloads(
  parts: CommandParts,
  requests: readonly AddRequest[],
): Promise<readonly (Added | Refused)[]> {
  const answers = new Array<Added | Refused | undefined>(requests.length);
  const good: { readonly at: number; readonly request: AddRequest; readonly download: NewDownload }[] = [];
  for (const [at, request] of requests.entries()) {
    try {
      good.push({ at, request, download: await checked(parts, request) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      answers[at] = { refused: error };
    }
  }
  const downloads = good.map(({ download }) => download);
  const rows = downloads.length === 0 ? [] : await parts.store.addMany(downloads, parts.clock.now());
  const engine = (await anyEngine(parts)) !== undefined;
  for (const [n, { at, request }] of good.entries()) {
    const row = rows[n];
    if (!row) throw new Failure('internal', 'the store took a list of downloads and gave back a shorter one');
    const { download, followed } = row;
    answers[at] = followed
      ? await taken(parts, request, download, followed)
      : { download, followed, willRun: request.runner !== undefined || engine };
  }
  return answers.filter((answer) => answer !== undefined);
}

/** What would be written down. Throws `Failure('link')` for whatever a person got wrong. */
async function checked(parts: CommandParts, request: AddRequest): Promise<NewDownload> {
  const { source, linkKey, options } = await checkedLink(parts, request);
  return {
    source: source.name,
    link: request.link,
    linkKey,
    directory: request.directory,
    options,
    metadata: request.metadata ?? {},
    runner: request.runner ?? null,
    ifExists: request.ifExists ?? 'follow',
  };
}

/** The source of a link, and its options once everything in them was looked at. Throws `Failure('link')`. */
export async function checkedLink(
  parts: Pick<CommandParts, 'sourceFor'>,
  { link, options = {} }: Pick<AddRequest, 'link' | 'options'>,
): Promise<{
  readonly source: Source;
  readonly linkKey: string;
  readonly options: NonNullable<AddRequest['options']>;
}> {
  const source = await parts.sourceFor(link);
  const linkKey = source.keyOf(link);
  if (options.checksum !== undefined) parseChecksum(options.checksum);
  if (options.rate !== undefined && !isRate(options.rate)) throw new Failure('link', `the rate ${rateAllowed}`);
  const { mirrors: given, ...rest } = options;
  if (given === undefined) return { source, linkKey, options };
  const mirrors = await otherMirrors(parts, source, linkKey, given);
  return { source, linkKey, options: mirrors.length === 0 ? rest : { ...rest, mirrors } };
}

/** Each once, and none that is the link itself; all of one kind, since one source fetches the file. */
async function otherMirrors(
  parts: Pick<CommandParts, 'sourceFor'>,
  source: Source,
  linkKey: string,
  mirrors: readonly string[],
): Promise<string[]> {
  const seen = new Set([linkKey]);
  const others: string[] = [];
  for (const mirror of mirrors) {
    const own = await parts.sourceFor(mirror);
    if (own.name !== source.name) {
      throw new Failure('link', `a mirror must be a link of the same kind (${source.name}), one is of ${own.name}`);
    }
    const key = own.keyOf(mirror);
    if (!seen.has(key)) others.push(mirror);
    seen.add(key);
  }
  return others;
}

async function taken(parts: CommandParts, request: AddRequest, download: Download, followed: boolean): Promise<Added> {
  const adopted = followed && request.runner ? await adopt(parts, download, request.runner) : download;
  return { download: adopted, followed, willRun: await willRun(parts, adopted, request.runner) };
}

/** Takes a download over that nobody alive runs; otherwise leaves it where it is. */
export async function adopt(parts: CommandParts, download: Download, instance: string): Promise<Download> {
  const { store, clock, living } = parts;
  if (!isUnfinished(download.status) || download.status === 'paused' || download.runner === instance) return download;
  if (await runs(parts, download)) return download;
  if (download.lockedBy) await living.bury(download.lockedBy);
  await store.adopt(download.id, download.runner, instance, clock.now());
  return (await store.get(download.id)) ?? download;
}

async function runs(parts: CommandParts, download: Download): Promise<boolean> {
  if (download.lockedBy) return (await livingInstance(parts, download.lockedBy)) !== undefined;
  if (download.runner !== null) return (await livingInstance(parts, download.runner)) !== undefined;
  return (await anyEngine(parts)) !== undefined;
}

async function willRun(parts: CommandParts, download: Download, asking: string | undefined): Promise<boolean> {
  if (asking !== undefined && download.runner === asking) return true;
  return runs(parts, download);
}
