import type { Download, DownloadFile } from '../downloads/download.ts';
import type { CommandParts } from './parts.ts';

/** Read at once, so that nothing else waits long. */
const page = 500;

/**
 * All downloads in which something happened since (epoch ms; left out: ever), newest first, each as it is when its page
 * is read.
 */
export async function* exportDownloads(
  { store }: Pick<CommandParts, 'store'>,
  { since }: { readonly since?: number },
): AsyncGenerator<{ readonly download: Download; readonly files: readonly DownloadFile[] }> {
  let beforeId: number | undefined;
  for (;;) {
    const rows = await store.list({ limit: page, ...(beforeId === undefined ? {} : { beforeId }) });
    for (const download of rows) {
      if (since !== undefined && (download.completedAt ?? download.updatedAt) < since) continue;
      yield { download, files: await store.files(download.id) };
    }
    beforeId = rows.at(-1)?.id;
    if (beforeId === undefined) return;
  }
}
