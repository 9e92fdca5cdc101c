import type { DownloadOptions } from './download.ts';

/** What a retry does otherwise than the tries before it. */
export interface RetryChange {
  /** In the place of those of the same name. */
  readonly options: DownloadOptions;
  /** Another folder to deliver to (absolute): what was fetched so far no longer counts. */
  readonly directory?: string;
}
