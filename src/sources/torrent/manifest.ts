import { bytesIn } from '../../downloads/ranges.ts';
import type { Manifest, ResolveRequest } from '../source.ts';
import type { Metainfo } from './metainfo.ts';

/** What a torrent contains, for the engine; the same for every program that fetches it. Pure. */
export function torrentManifest(metainfo: Metainfo, { resume }: ResolveRequest, plan: unknown): Manifest {
  const { files, name, infoHash } = metainfo;
  const largest = files.reduce((best, { size }, at) => (size > (files[best]?.size ?? 0) ? at : best), 0);
  const continues = !resume || bytesIn(resume.durable) === 0 || resume.token.infoHash === infoHash;
  return {
    name,
    files: files.map(({ path, size }, at) => ({ path, size, main: at === largest })),
    totalBytes: files.reduce((sum, { size }) => sum + size, 0),
    resumeToken: { infoHash },
    continues,
    ...(continues ? {} : { reason: 'it was begun as another torrent' }),
    ranges: true,
    validator: `info hash ${infoHash}`,
    plan,
  };
}
