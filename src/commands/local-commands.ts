import { addDownload, addDownloads } from './add-download.ts';
import { moveDownload, setDownload } from './arrange.ts';
import type { Commands } from './commands.ts';
import { controlDownload } from './control-download.ts';
import { duplicateOf } from './duplicates.ts';
import { exportDownloads } from './export-downloads.ts';
import { importDownloads } from './import/import-downloads.ts';
import { currentLimits, limitAll, limitDownload } from './limit.ts';
import { listLiving } from './list-downloads.ts';
import type { CommandParts } from './parts.ts';
import { previewDownload } from './preview-download.ts';
import { readMetalink } from './read-metalink.ts';
import { readTorrentFile } from './read-torrent.ts';
import { runStepsOn } from './run-steps.ts';
import { showDownload } from './show-download.ts';
import { staleLocks } from './stale-locks.ts';
import { statsOf } from './stats.ts';
import { takeBackDownload } from './take-back.ts';
import { verifyDownload } from './verify-download.ts';
import { withWaiting } from './waiting.ts';

const defaultPage = 50;

/** The commands over a store in this process. */
export function localCommands(parts: CommandParts): Commands {
  const { store } = parts;
  return {
    add: (request) => addDownload(parts, request),
    runSteps: (request) => runStepsOn(parts, request),
    addMany: (requests) => addDownloads(parts, requests),
    duplicate: (request) => duplicateOf(parts, request),
    metalink: (from) => readMetalink(parts, from),
    torrent: (from) => readTorrentFile(parts, from),
    importDownloads: (request) => importDownloads(parts, request),
    preview: (request, signal) => previewDownload(parts, request, signal),
    takeBack: (reference, signal) => takeBackDownload(parts, reference, signal),
    verify: (reference, signal) => verifyDownload(parts, reference, signal),
    list: async ({ limit, ...filter }) =>
      withWaiting(parts, await listLiving(parts, { ...filter, limit: limit ?? defaultPage })),
    queued: async ({ limit, ...filter }) =>
      withWaiting(parts, await store.queued({ ...filter, limit: limit ?? defaultPage })),
    show: (reference, wanted) => showDownload(parts, reference, wanted),
    control: (reference, wish, change) => controlDownload(parts, reference, wish, change),
    limit: (reference, rate) => limitDownload(parts, reference, rate),
    exportDownloads: (filter) => exportDownloads(parts, filter),
    stats: async ({ since }) => statsOf(await store.figures(since ?? 0), since ?? null),
    tidy: (options) => parts.tidy(options),
    releaseStale: (options) => staleLocks(parts, options),
    set: (reference, request) => setDownload(parts, reference, request),
    move: (reference, place) => moveDownload(parts, reference, place),
    limitAll: (rate) => limitAll(parts, rate),
    limits: () => currentLimits(parts),
    async history({ limit }) {
      const [recent, statistics] = await Promise.all([store.list({ limit }), store.statistics()]);
      return { recent: await withWaiting(parts, recent), statistics };
    },
  };
}
