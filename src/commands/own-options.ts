import type { DownloadOptions } from '../downloads/download.ts';

/** What was meant for the host of a link, and would be a secret told to any other. */
const ownOnly = ['headers', 'user', 'password', 'bearer', 'fingerprint', 'referer'] as const;

/** The options that are not for one host alone. Pure. */
export function withoutOwn(options: DownloadOptions): DownloadOptions {
  const kept = Object.entries(options).filter(([name]) => !(ownOnly as readonly string[]).includes(name));
  return Object.fromEntries(kept);
}
