import { asFailure, Failure } from '../../downloads/failure.ts';
import type { TakenBack } from '../step.ts';
import type { ClientParts, RateLimits } from './client.ts';
import type { UploadHost } from './host.ts';
import { openHosts, readChain } from './hosts.ts';
import { type FileState, readState } from './state.ts';

/** What hosts are spoken to with. */
interface Reach {
  readonly parts: ClientParts;
  readonly limits: RateLimits;
}

/** Asks each host to delete what it took, as far as the mark tells of it. */
export async function takeBack(reach: Reach, mark: unknown, signal: AbortSignal): Promise<readonly TakenBack[]> {
  const done = Object.values(readState(mark).files).flatMap((file) => file.done ?? []);
  const taken: TakenBack[] = [];
  for (const file of done) {
    const { host, link } = file;
    try {
      const note = await atHost(reach, host, async (known) => {
        if (known.deletesItself !== undefined) return `${host} deletes it by itself, ${known.deletesItself}`;
        if (!known.delete) throw new Failure('refused', `${host} ${cannot}`);
        await known.delete(file, signal);
        return undefined;
      });
      taken.push({ link, ...(note === undefined ? {} : { note }) });
    } catch (error) {
      signal.throwIfAborted();
      taken.push({ link, left: asFailure(error).message });
    }
  }
  return taken;
}

/**
 * Has each host remove what it was left with in the middle, and answers what the mark is then; what was taken stays in
 * it. Throws the first `Failure`, after all were asked.
 */
export async function giveUp(reach: Reach, mark: unknown, signal: AbortSignal): Promise<unknown> {
  const { files } = readState(mark);
  const failures: Failure[] = [];
  const left: Record<string, FileState> = {};
  let gaveUp = false;
  for (const [index, file] of Object.entries(files)) {
    const marks: Record<string, unknown> = {};
    for (const [name, own] of Object.entries(file.marks)) {
      if (!(await isLeaving(reach, name, own, signal, failures))) marks[name] = own;
      else gaveUp = true;
    }
    left[index] = { ...file, marks };
  }
  signal.throwIfAborted();
  if (failures[0]) throw failures[0];
  return gaveUp ? { files: left } : mark;
}

/** Whether a host was left with something in the middle that it can be asked to remove; one that is known no more may be. */
export async function hasBegun(reach: Reach, mark: unknown): Promise<boolean> {
  const names = new Set(Object.values(readState(mark).files).flatMap(({ marks }) => Object.keys(marks)));
  for (const name of names) {
    if (await atHost(reach, name, async ({ giveUp }) => giveUp !== undefined).catch(() => true)) return true;
  }
  return false;
}

/** Whether the host has removed it; one that keeps nothing in the middle has nothing to remove. */
async function isLeaving(
  reach: Reach,
  name: string,
  mark: unknown,
  signal: AbortSignal,
  failures: Failure[],
): Promise<boolean> {
  try {
    return await atHost(reach, name, async (host) => {
      if (!host.giveUp) return false;
      await host.giveUp(mark, signal);
      return true;
    });
  } catch (error) {
    failures.push(asFailure(error));
    return false;
  }
}

const cannot = 'has no way to be asked to delete it (catbox needs a userhash, http a PUT to {name}); delete it by hand';

/** Throws `Failure`, also where the configuration has no such host any more. */
async function atHost<T>({ parts, limits }: Reach, name: string, ask: (host: UploadHost) => Promise<T>): Promise<T> {
  const { hosts, close } = await openHosts(readChain(name, parts.config.upload), parts, limits);
  try {
    const [known] = hosts;
    if (!known) throw new Failure('refused', `the configuration has no upload host ${name} any more`);
    return await ask(known);
  } finally {
    close();
  }
}
