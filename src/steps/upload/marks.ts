/** What a host kept of its work, with whatever fits of what it may be; a mark of an older version is no mark. */
export interface HostMark {
  /** Where the file goes. */
  readonly path?: string;
  /** webdav: it goes there first. */
  readonly temporary?: string;
  /** s3: the multipart upload, and how large its parts are. */
  readonly uploadId?: string;
  readonly partSize?: number;
  /** s3: a multipart upload was about to be begun at this moment, epoch ms, as far as its id is not known. */
  readonly beganAt?: number;
}

/** Reads a mark back. Pure. */
export function markOf(stored: unknown): HostMark {
  if (typeof stored !== 'object' || stored === null) return {};
  const { path, temporary, uploadId, partSize, beganAt } = stored as Readonly<Record<string, unknown>>;
  return {
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof temporary === 'string' ? { temporary } : {}),
    ...(typeof uploadId === 'string' ? { uploadId } : {}),
    ...(typeof partSize === 'number' && Number.isSafeInteger(partSize) && partSize > 0 ? { partSize } : {}),
    ...(typeof beganAt === 'number' && Number.isSafeInteger(beganAt) ? { beganAt } : {}),
  };
}
