import type { DownloadOptions } from '../downloads/download.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import { run, type Work } from './database.ts';
import { type DownloadRow, optionsOf } from './rows.ts';
import { resetFiles } from './statements/reset-files.ts';
import { setDirectory } from './statements/set-directory.ts';
import { setOptions } from './statements/set-options.ts';
import { NotPossible } from './store.ts';

/** The row as its next try shall have it; nobody holds it. */
export function* revise(row: DownloadRow, { options: asked, directory }: RetryChange, now: number): Work<DownloadRow> {
  const options = JSON.stringify(withChanges(optionsOf(row), asked));
  yield* run(setOptions, { id: row.id, options, now });
  if (directory === undefined || directory === row.directory) return { ...row, options, updated_at: now };
  if (row.download_path !== null && row.status !== 'cleaned') {
    throw new NotPossible(`download ${row.id} is in place already (${row.download_path}); leave --dir out`);
  }
  yield* run(resetFiles, { download_id: row.id });
  yield* run(setDirectory, { id: row.id, directory, now });
  return { ...row, options, directory, bytes_downloaded: 0, resume_token: null, updated_at: now };
}

/** What changed, by name: values may be secrets. */
export function changesOf({ options, directory }: RetryChange): readonly string[] {
  return [...Object.keys(options), ...(directory === undefined ? [] : ['directory'])];
}

/** A login and a token exclude each other: the new one goes alone. */
function withChanges(before: DownloadOptions, asked: DownloadOptions): DownloadOptions {
  const { user: _user, password: _password, bearer: _bearer, ...rest } = before;
  return { ...(asked.user === undefined && asked.bearer === undefined ? before : rest), ...asked };
}
