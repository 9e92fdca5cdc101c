/** What a torrent in qBittorrent does, in the words that matter here. */
export type Doing = 'works' | 'checks' | 'stopped' | 'complete' | 'failed';

const doings: Readonly<Record<string, Doing>> = {
  error: 'failed',
  missingFiles: 'failed',
  pausedDL: 'stopped',
  stoppedDL: 'stopped',
  checkingDL: 'checks',
  checkingUP: 'checks',
  checkingResumeData: 'checks',
  moving: 'checks',
  uploading: 'complete',
  stalledUP: 'complete',
  queuedUP: 'complete',
  forcedUP: 'complete',
  pausedUP: 'complete',
  stoppedUP: 'complete',
};

/** Pure. A word of a newer version counts as work. */
export function doingOf(state: string): Doing {
  return (Object.hasOwn(doings, state) ? doings[state] : undefined) ?? 'works';
}

/** It neither fetches nor writes. Pure. */
export function isStopped(state: string): boolean {
  return /^(?:paused|stopped)(?:DL|UP)$|^(?:error|missingFiles)$/.test(state);
}
