import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import type { Disk } from '../../disk/disk.ts';
import { removeTree } from '../../disk/remove-tree.ts';
import type { Extracted, Unpacked } from './unpack.ts';

const files = z
  .array(z.object({ path: z.string(), size: z.number(), place: z.array(z.string()).readonly() }))
  .readonly();

/** How far an extraction has come, durable on the disk; paths as seen from the work folder. */
const stored = z.object({
  /** What the first archives held, where it lies. */
  done: z.array(z.object({ files, links: z.number() })).readonly(),
  /** Of the next one so many entries. */
  open: z.object({ entries: z.number(), files, links: z.number() }).optional(),
});

/** What a run that was cut off has left, absolute, without what is not there any more as it was. */
export interface Left {
  readonly done: readonly Unpacked[];
  readonly open: Extracted | undefined;
}

/**
 * What of the mark still holds; everything else in the work folder goes, since its room is needed and half a file has the
 * name of a whole one.
 */
export async function leftFrom(disk: Disk, work: string, mark: unknown): Promise<Left> {
  const parsed = stored.safeParse(mark);
  const known = parsed.success ? parsed.data : { done: [], open: undefined };
  const there = async (part: z.output<typeof stored>['done'][number]): Promise<boolean> => {
    for (const { path, size } of part.files) if ((await disk.facts(join(work, path)))?.size !== size) return false;
    return true;
  };
  const absolute = <Part extends Unpacked>(part: Part): Part => ({
    ...part,
    files: part.files.map((file) => ({ ...file, path: join(work, file.path) })),
  });
  const done: Unpacked[] = [];
  for (const part of known.done) {
    if (!(await there(part))) break;
    done.push(absolute(part));
  }
  const isNext = done.length === known.done.length && known.open !== undefined && (await there(known.open));
  const open = isNext && known.open ? absolute(known.open) : undefined;
  await keepOnly(
    disk,
    work,
    new Set([...done, ...(open ? [open] : [])].flatMap((part) => part.files.map(({ path }) => path))),
  );
  return { done, open };
}

/** As it is stored. Pure. */
export function markFor(work: string, { done, open }: Left): unknown {
  const seen = <Part extends Unpacked>(part: Part): Part => ({
    ...part,
    files: part.files.map((file) => ({ ...file, path: relative(work, file.path) })),
  });
  return { done: done.map(seen), ...(open ? { open: seen(open) } : {}) };
}

/** Makes these files and their names durable, down from the work folder. */
export async function makeDurable(disk: Disk, work: string, paths: readonly string[]): Promise<void> {
  const folders = new Set<string>([work]);
  for (const path of paths) {
    for (let folder = dirname(path); folder.length > work.length; folder = dirname(folder)) folders.add(folder);
    const file = disk.open(path);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const folder of folders) await disk.syncDirectory(folder);
}

/** Files that are not among these go, with the folders in which none of these lies. */
async function keepOnly(disk: Disk, folder: string, keep: ReadonlySet<string>): Promise<void> {
  const ways = new Set<string>();
  for (const path of keep) for (let at = dirname(path); at.length > folder.length; at = dirname(at)) ways.add(at);
  const tidy = async (inside: string): Promise<void> => {
    for (const name of await disk.list(inside)) {
      const path = join(inside, name);
      if (ways.has(path)) await tidy(path);
      else if (!keep.has(path)) await removeTree(disk, path);
    }
  };
  await disk.makeDirectory(folder);
  await tidy(folder);
}
