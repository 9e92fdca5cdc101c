import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { markOf } from '../disk/delivered.ts';
import { onDisk } from '../disk/disk-failure.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import { readSpec } from '../steps/registry.ts';
import type { HereFile } from '../store/step-store.ts';
import type { NewDownload } from '../store/store.ts';
import { taken } from './add-download.ts';
import { placedWith } from './arrange.ts';
import { checkKept } from './checked-link.ts';
import type { Added, StepsRequest } from './commands.ts';
import type { CommandParts } from './parts.ts';

/**
 * Writes down what is to be done with a file that is here. No link leads to it (a `file:` link that comes from
 * elsewhere is refused like any unknown one), so nobody who may only add links can have a file read or sent away.
 */
export async function runStepsOn(parts: CommandParts, request: StepsRequest): Promise<Added> {
  const { steps, path } = request;
  if (steps.length === 0) throw new Failure('link', 'name what is to be done, such as convert=aac:128');
  for (const step of steps) await parts.checkStep(readSpec(step));
  checkKept(steps, request.keep);
  const options = optionsOf(request);
  const wanted: NewDownload = {
    ...{ source: 'local', link: pathToFileURL(path).href, linkKey: `local:${path}`, options },
    directory: request.directory ?? dirname(path),
    metadata: request.metadata ?? {},
    runner: request.runner ?? null,
    ...placedWith(parts, request),
    here: await lookAt(parts, path),
    ifExists: 'follow',
  };
  const now = parts.clock.now();
  const first = await parts.store.add(wanted, now);
  const isOther = first.followed && !isSame(first.download.options, options);
  const { download, followed } = isOther ? await parts.store.add({ ...wanted, ifExists: 'new' }, now) : first;
  return taken(parts, request, download, followed);
}

function optionsOf({ steps, keep, maxTries, retryWait }: StepsRequest): DownloadOptions {
  return {
    steps,
    ...(keep === undefined ? {} : { keep }),
    ...(maxTries === undefined ? {} : { maxTries }),
    ...(retryWait === undefined ? {} : { retryWait }),
  };
}

function isSame(begun: DownloadOptions, asked: DownloadOptions): boolean {
  return JSON.stringify([begun.steps, begun.keep]) === JSON.stringify([asked.steps, asked.keep]);
}

async function lookAt({ disk }: CommandParts, path: string): Promise<HereFile> {
  const facts = await onDisk(path, () => disk.facts(path));
  if (!facts) throw new Failure('link', `there is no file ${path}`);
  if (facts.isDirectory) throw new Failure('link', `${path} is a folder; name the files in it`);
  if (!facts.isFile) throw new Failure('link', `${path} is no regular file`);
  if (facts.size === 0) throw new Failure('link', `${path} is empty; there is nothing to work on`);
  return { path, size: facts.size, ...(await onDisk(path, () => markOf(disk, path))) };
}
