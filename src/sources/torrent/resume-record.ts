import * as z from 'zod';

/**
 * What is known of a torrent's files beside the ranges that the store holds: how they looked when they were last left.
 * Whoever writes to them meanwhile is found out by it.
 */
export interface ResumeRecord {
  /** When it was written, epoch ms. */
  readonly at: number;
  /** Written at an orderly end, after which nothing of ours was written any more. */
  readonly clean: boolean;
  readonly files: readonly FileLook[];
}

export interface FileLook {
  /** Position in the manifest. */
  readonly position: number;
  readonly size: number;
  /** By the file's own clock, epoch ms. */
  readonly modifiedAt: number;
}

/**
 * After an unclean end a file may have been written to for so long after the record, ms: it is written every few seconds,
 * of very many files less often, and then more of them are looked at than need be.
 */
const grace = 60_000;

const form = z.strictObject({
  version: z.literal(1),
  at: z.number(),
  clean: z.boolean(),
  files: z.array(z.strictObject({ position: z.int(), size: z.number(), modifiedAt: z.number() })),
});

/** Undefined for what is no such record: then nothing speaks against the ranges. Pure. */
export function readRecord(text: string | undefined): ResumeRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const { version: _version, ...record } = form.parse(JSON.parse(text));
    return record;
  } catch {
    return undefined;
  }
}

export function recordText(record: ResumeRecord): string {
  return `${JSON.stringify({ version: 1, ...record })}\n`;
}

/**
 * The positions of files that somebody else may have written to, so that their pieces must be looked at again. Pure.
 * `now` is how they look.
 */
export function doubtfulFiles(record: ResumeRecord | undefined, now: readonly FileLook[]): Set<number> {
  const doubtful = new Set<number>();
  if (!record) return doubtful;
  const before = new Map(record.files.map((look) => [look.position, look]));
  for (const { position, size, modifiedAt } of now) {
    const known = before.get(position);
    if (!known) continue;
    const isAsLeft = record.clean
      ? size === known.size && modifiedAt === known.modifiedAt
      : size >= known.size && modifiedAt <= Math.max(record.at, known.modifiedAt) + grace;
    if (!isAsLeft) doubtful.add(position);
  }
  return doubtful;
}
