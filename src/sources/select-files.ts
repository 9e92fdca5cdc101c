import type { DownloadOptions } from '../downloads/download.ts';
import { wantedOf } from '../downloads/selection.ts';
import type { Manifest } from './source.ts';

/**
 * What a link contains, with what a person wants of it: of several files those that are selected. Throws
 * `Failure('link')` where the choice leaves nothing. Pure.
 */
export function withSelection(manifest: Manifest, options: DownloadOptions): Manifest {
  if (manifest.files.length < 2 || !(options.select || options.filePriorities)) return manifest;
  const wanted = wantedOf(manifest.files, options);
  const files = manifest.files.map((file, at) => ({ ...file, ...wanted[at] }));
  const chosen = files.filter(({ selected }) => selected !== false);
  if (chosen.length === files.length) return { ...manifest, files };
  const largest = chosen.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))[0];
  const hasMain = chosen.some(({ main }) => main);
  return {
    ...manifest,
    files: hasMain ? files : files.map((file) => ({ ...file, main: file === largest })),
    totalBytes: chosen.every(({ size }) => size !== null)
      ? chosen.reduce((sum, { size }) => sum + (size ?? 0), 0)
      : null,
  };
}
