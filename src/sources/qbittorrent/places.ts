import { isAbsolute, join, relative } from 'node:path';
import { Failure } from '../../downloads/failure.ts';
import type { FetchTarget } from '../source.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import type { ListedFile } from './api.ts';

/** Where qBittorrent has the files of a torrent. */
export interface Places {
  /** The place in qBittorrent's list of each file of the torrent. */
  readonly ofPosition: readonly number[];
  /** Where each of them stands; absolute. */
  readonly paths: readonly string[];
  /** Places of what is wanted. */
  readonly wanted: readonly number[];
}

/** Throws `Failure('protocol')` where its files are not those of the torrent, or one lies outside of `folder`. Pure. */
export function placesOf(
  { metainfo, folder }: { readonly metainfo: Metainfo; readonly folder: string },
  listed: readonly Pick<ListedFile, 'name' | 'size'>[],
  targets: readonly Pick<FetchTarget, 'position'>[],
): Places {
  // Files that only fill up may be among them, or not.
  const all = listed.length === metainfo.files.length;
  const ofPosition = metainfo.files.map(({ index }, position) => (all ? position : index));
  const paths = metainfo.files.map(({ size, path }, position) => {
    const file = listed[ofPosition[position] ?? 0];
    const inside = file && join(folder, file.name);
    if (!file || file.size !== size || inside === undefined || !isInside(folder, inside)) {
      throw new Failure('protocol', `qBittorrent does not know the file ${path} of the torrent as it is`);
    }
    return inside;
  });
  return { ofPosition, paths, wanted: targets.flatMap(({ position }) => ofPosition[position] ?? []) };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[/\\]/)[0] !== '..';
}
