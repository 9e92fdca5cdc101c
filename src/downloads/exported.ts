import { maskLinks } from '../log/redaction.ts';
import type { Download, DownloadFile, DownloadOptions } from './download.ts';

/** The name and the version of the form; `docs/export.md` describes it. */
export const exportFormat = { format: 'longhaul-export', version: 1 } as const;

/** One download as an export holds it: ISO times (UTC), sizes in bytes, null for "not known". */
export interface ExportedDownload {
  readonly uid: string;
  readonly link: string;
  readonly source: string;
  readonly name: string | null;
  readonly status: Download['status'];
  readonly directory: string;
  readonly path: string | null;
  readonly totalBytes: number | null;
  readonly fileSize: number | null;
  readonly integrity: Download['integrity'];
  readonly category: string | null;
  readonly requestedBy: string | null;
  readonly options: DownloadOptions;
  readonly metadata: Download['metadata'];
  readonly error: { readonly class: string; readonly message: string } | null;
  readonly retryCount: number;
  readonly lastRetryAt: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly updatedAt: string;
  readonly files: readonly { readonly path: string; readonly size: number | null; readonly digest: string | null }[];
  /** The link or the options hold something secret that is not in here: it cannot be fetched from this alone. */
  readonly secretsLeftOut: boolean;
}

/** Without `secrets` links lose their passwords and keys, and options whatever lets somebody in. Pure. */
export function exportedOf(
  download: Download,
  files: readonly DownloadFile[],
  { secrets }: { readonly secrets: boolean },
): ExportedDownload {
  const link = secrets ? download.link : maskLinks(download.link);
  const options = secrets ? download.options : harmlessOptions(download.options);
  const error = download.errorClass && { class: download.errorClass, message: download.errorMessage ?? '' };
  return {
    uid: download.uid,
    link,
    source: download.source,
    name: download.name,
    status: download.status,
    directory: download.directory,
    path: download.downloadPath,
    totalBytes: download.totalBytes,
    fileSize: download.fileSize,
    integrity: download.integrity,
    category: download.category,
    requestedBy: download.requestedBy,
    options,
    metadata: download.metadata,
    error: error ?? null,
    retryCount: download.retryCount,
    lastRetryAt: isoOf(download.lastRetryAt),
    createdAt: new Date(download.createdAt).toISOString(),
    startedAt: isoOf(download.startedAt),
    completedAt: isoOf(download.completedAt),
    updatedAt: new Date(download.updatedAt).toISOString(),
    files: files.map((file) => ({ path: file.finalPath ?? file.path, size: file.size, digest: file.digest })),
    secretsLeftOut: link !== download.link || Object.keys(options).length < Object.keys(download.options).length,
  };
}

/** The columns of the table; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
export const csvColumns = [
  ...['uid', 'name', 'status', 'link', 'source', 'category', 'requestedBy', 'directory', 'path'],
  ...[
    'totalBytes',
    'fileSize',
    'integrity',
    'retryCount',
    'error',
    'createdAt',
    'startedAt',
    'completedAt',
    'updatedAt',
  ],
] as const;

/** One line of the table, without its end (RFC 4180). */
export function csvLine(exported: ExportedDownload): string {
  const facts: Readonly<Record<string, unknown>> = {
    ...exported,
    error: exported.error && `${exported.error.class}: ${exported.error.message}`,
  };
  return csvColumns.map((column) => csvCell(facts[column])).join(',');
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function harmlessOptions(options: DownloadOptions): DownloadOptions {
  const { headers: _h, user: _u, password: _p, bearer: _b, proxy: _x, referer: _r, mirrors: _m, ...harmless } = options;
  return harmless;
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
