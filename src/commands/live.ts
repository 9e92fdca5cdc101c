import type { Download, Live } from '../downloads/download.ts';
import type { CommandParts } from './parts.ts';

/** The same rows; those that are being fetched with what has come by now, where their instances tell it. */
export async function withLive(
  { living }: Pick<CommandParts, 'living'>,
  rows: readonly Download[],
): Promise<(Download & Live)[]> {
  const isFetched = ({ status }: Pick<Download, 'status'>) => status === 'downloading';
  const holders = new Set(rows.filter(isFetched).flatMap(({ lockedBy }) => lockedBy ?? []));
  const reports = (await Promise.all([...holders].map((holder) => living.reports(holder)))).flat();
  return rows.map((row) => {
    const report = isFetched(row) && reports.find((one) => one.downloadId === row.id && isFetched(one));
    if (!report) return row;
    const { bytes, totalBytes, speed, eta } = report;
    return { ...row, live: { bytes: Math.max(bytes, row.bytesDownloaded), totalBytes, speed, eta } };
  });
}
