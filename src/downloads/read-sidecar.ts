import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { keeps } from '../config/keep.ts';
import type { Sidecar } from './sidecar.ts';

/** A sidecar is one small file per partial; what is larger, in bytes, is something else. */
export const longestSidecar = 1024 * 1024;

const text = z.string().max(65_536);
const line = text.refine((value) => !value.includes('\0'), 'holds a NUL');
const absolute = line.refine((value) => isAbsolute(value), 'is not absolute');
/** Relative, and without a way out of its folder. */
const inside = line.refine((value) => value !== '' && !isAbsolute(value) && !value.split(/[/\\]/).includes('..'));
const bytes = z.int().nonnegative();
const facts = z.record(z.string(), z.unknown());

const schema = z.object({
  version: z.literal(1),
  uid: z.uuid({ version: 'v7' }),
  source: line.min(1),
  link: line.min(1),
  linkKey: line.min(1),
  name: text.nullable(),
  directory: absolute,
  options: z.object({
    name: text.exactOptional(),
    headers: z.array(text).exactOptional(),
    checksum: text.exactOptional(),
    maxTries: z.int().positive().exactOptional(),
    retryWait: z.number().nonnegative().exactOptional(),
    userAgent: text.exactOptional(),
    referer: text.exactOptional(),
    user: text.exactOptional(),
    password: text.exactOptional(),
    bearer: text.exactOptional(),
    cookieFile: absolute.exactOptional(),
    netrcFile: absolute.exactOptional(),
    proxy: text.exactOptional(),
    fingerprint: text.exactOptional(),
    mirrors: z.array(line.min(1)).exactOptional(),
    size: bytes.exactOptional(),
    select: z.array(text).exactOptional(),
    filePriorities: z.array(text).exactOptional(),
    pieces: z.object({ algorithm: text, length: z.int().positive(), hashes: z.array(text) }).exactOptional(),
    steps: z.array(line.min(1)).exactOptional(),
    keep: z.enum(keeps).exactOptional(),
  }),
  metadata: facts,
  category: text.nullable(),
  resumeToken: facts.nullable(),
  totalBytes: bytes.nullable().exactOptional(),
  files: z.array(
    z.object({
      position: bytes,
      path: inside,
      size: bytes.nullable(),
      main: z.boolean(),
      partialPath: absolute.nullable(),
    }),
  ),
  createdAt: bytes,
});

/**
 * The text of a `.part.json`; undefined for whatever is not a whole sidecar of this version. The file
 * stands in a folder that others may write to, so nothing of it is believed unread.
 */
export function readSidecar(content: string): Sidecar | undefined {
  if (content.length > longestSidecar) return undefined;
  try {
    const sidecar = schema.safeParse(JSON.parse(content));
    return sidecar.success ? sidecar.data : undefined;
  } catch {
    return undefined;
  }
}
