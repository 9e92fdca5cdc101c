import { isAbsolute } from 'node:path';
import type { Download, DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { isUnfinished } from '../downloads/states.ts';
import { withSelection } from '../sources/select-files.ts';
import type { Manifest, Source } from '../sources/source.ts';
import type { NewDownload } from '../store/store.ts';
import { placedWith } from './arrange.ts';
import { checkedLink } from './checked-link.ts';
import type { Added, AddRequest, Refused } from './commands.ts';
import { duplicateOf } from './duplicates.ts';
import { anyEngine, type CommandParts, livingInstance } from './parts.ts';

/**
 * Accepts a link: one row and one event, or what is there for it already (`ifExists`). An unfinished
 * download whose engine has died, or that nobody runs, becomes the asking instance's own.
 */
export async function addDownload(parts: CommandParts, request: AddRequest): Promise<Added> {
  const asked = await checked(parts, request);
  const there = await deliveredBefore(parts, request);
  if (there) return there;
  const { download, followed } = await parts.store.add(asked, parts.clock.now());
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
      const download = await checked(parts, request);
      const there = await deliveredBefore(parts, request);
      if (there) answers[at] = there;
      else good.push({ at, request, download });
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
      : { download, followed, skipped: false, willRun: request.runner !== undefined || engine };
  }
  return answers.filter((answer) => answer !== undefined);
}

/** What would be written down. Throws `Failure('link')` for whatever a person got wrong. */
async function checked(parts: CommandParts, request: AddRequest): Promise<NewDownload> {
  refuseMalformed(request);
  const { source, linkKey, options } = await checkedLink(parts, withSteps(parts, request));
  return {
    source: source.name,
    ...(request.torrent === undefined ? {} : { files: await takeIn(source, request, request.torrent, options) }),
    link: request.link.trim(),
    linkKey,
    directory: request.directory,
    options,
    metadata: request.metadata ?? {},
    runner: request.runner ?? null,
    ...placedWith(parts, request),
    ifExists: request.ifExists === 'new' ? 'new' : 'follow',
  };
}

/** What no type has checked in a program of JavaScript: a folder that means another one in every process loses files. */
function refuseMalformed({ link, directory, metadata = {} }: AddRequest): void {
  if (typeof link !== 'string') throw new TypeError('link must be a string, such as https://example.org/film.mkv');
  if (typeof directory !== 'string' || !isAbsolute(directory))
    throw new TypeError(`directory must be an absolute path, and is ${JSON.stringify(directory)}`);
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw new TypeError('metadata must be an object');
}

/** Where nothing is asked for, what its category says is done with it. */
function withSteps({ categories }: CommandParts, request: AddRequest): AddRequest {
  const { category, options = {} } = request;
  if (category === undefined || !Object.hasOwn(categories, category)) return request;
  const { steps, keep } = categories[category] ?? {};
  const wanted = options.steps ?? steps ?? [];
  const kept = options.keep ?? (wanted.length > 0 ? keep : undefined);
  return {
    ...request,
    options: { ...options, steps: wanted, ...(kept === undefined ? {} : { keep: kept }) },
  };
}

/** Keeps what came beside the link, which tells its files: nobody needs to be asked for them. */
async function takeIn(
  source: Source,
  { link, directory }: AddRequest,
  content: Uint8Array,
  options: DownloadOptions,
): Promise<Pick<Manifest, 'name' | 'files'>> {
  const asked = { link, options, directory, content };
  const { name, files } = withSelection(await source.resolve(asked, new AbortController().signal), options);
  await source.keep?.(link, content);
  return { name, files };
}

/** Only who asks for it follows, or skips, what was delivered: by default it is downloaded again. */
async function deliveredBefore(parts: CommandParts, request: AddRequest): Promise<Added | undefined> {
  if (request.ifExists === undefined || request.ifExists === 'new') return undefined;
  const there = await duplicateOf(parts, request);
  if (!there) return undefined;
  return { download: there.download, followed: true, skipped: request.ifExists === 'skip', willRun: false };
}

/** What is told of a row that was added or found; one that is to be followed and that nobody runs is adopted. */
export async function taken(
  parts: CommandParts,
  request: Pick<AddRequest, 'ifExists' | 'runner'>,
  download: Download,
  followed: boolean,
): Promise<Added> {
  if (followed && request.ifExists === 'skip') {
    return { download, followed, skipped: true, willRun: await runs(parts, download) };
  }
  const adopted = followed && request.runner ? await adopt(parts, download, request.runner) : download;
  return { download: adopted, followed, skipped: false, willRun: await willRun(parts, adopted, request.runner) };
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
