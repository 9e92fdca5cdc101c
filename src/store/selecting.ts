import type { DownloadOptions } from '../downloads/download.ts';
import { wantedOf } from '../downloads/selection.ts';
import { isLeased, tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import type { SetFacts } from './queue-facts.ts';
import { type DownloadRow, type FileRow, optionsOf } from './rows.ts';
import { filesOfDownload } from './statements/files-of-download.ts';
import { lockDownload } from './statements/lock-download.ts';
import { selectFile } from './statements/select-file.ts';
import { setOptions } from './statements/set-options.ts';
import { setWish } from './statements/set-wish.ts';
import { sumDurable } from './statements/sum-durable.ts';
import { sumSizes } from './statements/sum-sizes.ts';
import { NotPossible } from './store.ts';

/**
 * Changes which of a download's files are wanted; who runs it is told to begin its run again. Throws `NotPossible`
 * where they are in place, `Failure('link')` where nothing would be left.
 */
export function* select(row: DownloadRow, facts: SetFacts, now: number): Work<DownloadRow> {
  if (row.status === 'processing' || row.download_path !== null) {
    throw new NotPossible(`download ${row.id} is in place already; its files cannot be chosen any more`);
  }
  const options = withChoice(optionsOf(row), facts);
  const files = yield* all(filesOfDownload, { download_id: row.id });
  if (files.length > 1) yield* mark(row, files, options, now);
  yield* run(setOptions, { id: row.id, options: JSON.stringify(options), now });
  const { select, filePriorities } = facts;
  yield* tell(row, 'changed', now, {
    ...(select === undefined ? {} : { select: select?.join(',') ?? 'all' }),
    ...(filePriorities === undefined ? {} : { filePriorities: filePriorities?.join(',') ?? 'none' }),
  });
  // A word that waits ends the run as well.
  if (isLeased(row.status) && (row.wish === null || row.wish === 'nudge'))
    yield* run(setWish, { id: row.id, wish: 'nudge', wish_options: JSON.stringify({ anew: true }), now });
  return (yield* get(lockDownload, { id: row.id })) ?? row;
}

function* mark(row: DownloadRow, files: readonly FileRow[], options: DownloadOptions, now: number): Work<void> {
  const wanted = wantedOf(files, options);
  const selected = files.filter((_, at) => wanted[at]?.selected);
  const largest = selected.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))[0];
  for (const [at, { position }] of files.entries()) {
    const isSelected = wanted[at]?.selected === true;
    yield* run(selectFile, {
      download_id: row.id,
      position,
      selected: isSelected ? 1 : 0,
      main: files[at] === largest ? 1 : 0,
    });
  }
  yield* run(sumDurable, { id: row.id, now });
  yield* run(sumSizes, { id: row.id });
}

function withChoice(before: DownloadOptions, { select, filePriorities }: SetFacts): DownloadOptions {
  const { select: oldSelect, filePriorities: oldPriorities, ...others } = before;
  const kept = <T>(given: T | null | undefined, old: T | undefined) =>
    given === undefined ? old : (given ?? undefined);
  const newSelect = kept(select, oldSelect);
  const newPriorities = kept(filePriorities, oldPriorities);
  return {
    ...others,
    ...(newSelect === undefined ? {} : { select: newSelect }),
    ...(newPriorities === undefined ? {} : { filePriorities: newPriorities }),
  };
}
