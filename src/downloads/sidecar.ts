import type { Download, DownloadFile } from './download.ts';

/**
 * What stands beside each partial as `NAME.part.json`: enough to rebuild the download's row, should
 * the database be lost. Written once per partial; may hold secrets (headers), so mode 0600.
 */
export interface Sidecar {
  readonly version: 1;
  readonly uid: string;
  readonly source: string;
  readonly link: string;
  readonly linkKey: string;
  readonly name: string | null;
  readonly directory: string;
  readonly options: Download['options'];
  readonly metadata: Download['metadata'];
  readonly category: string | null;
  readonly resumeToken: Download['resumeToken'];
  /** Bytes of all its files; left out: those of `files` together, which are all then. */
  readonly totalBytes?: number | null;
  /** Those that this sidecar tells of: of several that one which it stands beside. */
  readonly files: readonly Pick<DownloadFile, 'position' | 'path' | 'size' | 'main' | 'partialPath'>[];
  readonly createdAt: number;
}

export function sidecarFor(download: Download, files: readonly DownloadFile[]): Sidecar {
  const { uid, source, link, linkKey, name, directory, options, metadata, category, createdAt } = download;
  const { resumeToken, totalBytes } = download;
  return {
    version: 1,
    uid,
    source,
    link,
    linkKey,
    name,
    directory,
    options,
    metadata,
    category,
    resumeToken,
    totalBytes,
    files: files.map(({ position, path, size, main, partialPath }) => ({ position, path, size, main, partialPath })),
    createdAt,
  };
}

/** Whose sidecar this text is; undefined when there is none or it is no sidecar. */
export function sidecarUid(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    const uid = typeof parsed === 'object' && parsed !== null && 'uid' in parsed ? parsed.uid : undefined;
    return typeof uid === 'string' ? uid : undefined;
  } catch {
    return undefined;
  }
}
