import { bytesIn } from '../../downloads/ranges.ts';
import type { Manifest, ResolveRequest } from '../source.ts';

/** What such a server tells of a file's version. */
export interface FileVersion {
  /** Bytes; null: not told. */
  readonly size: number | null;
  /** Epoch ms; null: not told. */
  readonly modified: number | null;
}

/**
 * What a server says of one file as a manifest. A partial is continued only when size and time of change
 * are both told and both the same; they prove nothing, so that a joined file is `unverified`. Pure.
 */
export function manifestOf(
  request: ResolveRequest,
  path: string,
  version: FileVersion,
  ranges: boolean,
): Omit<Manifest, 'plan'> {
  const name = path.split('/').findLast((part) => part !== '') ?? 'download';
  const { size, modified } = version;
  return {
    name,
    files: [{ path: name, size, main: true }],
    totalBytes: size,
    resumeToken: { size, modified },
    ranges,
    ...(modified === null ? {} : { validator: `size and time of change (${new Date(modified).toISOString()})` }),
    ...continuation(request, version, ranges),
  };
}

function continuation(
  { resume }: ResolveRequest,
  { size, modified }: FileVersion,
  ranges: boolean,
): Pick<Manifest, 'continues' | 'reason'> {
  if (!resume || bytesIn(resume.durable) === 0) return { continues: true };
  if (!ranges) return { continues: false, reason: 'the server cannot continue in the middle' };
  if (size === null || modified === null) {
    return { continues: false, reason: 'the server does not tell size and time of change of the file' };
  }
  const same = resume.token.size === size && resume.token.modified === modified;
  return same ? { continues: true } : { continues: false, reason: 'the file on the server is another one than before' };
}
