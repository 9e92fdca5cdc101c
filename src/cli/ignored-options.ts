import type { AddRequest } from '../commands/commands.ts';
import type { Download, DownloadOptions } from '../downloads/download.ts';

/** Flags by the option they set. A password goes with its user, and a checksum is always heeded. */
const flags: Partial<Record<keyof DownloadOptions, string>> = {
  name: '--out',
  headers: '--header',
  connections: '--connections',
  rate: '--limit-rate',
  maxTries: '--max-tries',
  retryWait: '--retry-wait',
  userAgent: '--user-agent',
  referer: '--referer',
  user: '--user',
  bearer: '--bearer',
  cookieFile: '--cookies',
  netrcFile: '--netrc',
  proxy: '--proxy',
  fingerprint: '--fingerprint',
  mirrors: '--mirror',
  steps: '--then',
  keep: '--keep',
  select: '--select',
  filePriorities: '--file-priority',
  sequential: '--sequential',
  seed: '--seed',
};

/**
 * What somebody asked for beside the link, and does not get since a download that is there already is followed, which
 * has other options: as flags. Pure.
 */
export function ignoredOptions(
  asked: Pick<AddRequest, 'directory' | 'options' | 'metadata' | 'category' | 'priority'> & {
    readonly namesFolder: boolean;
  },
  download: Pick<Download, 'directory' | 'options' | 'metadata' | 'category' | 'priority'>,
): string[] {
  const { options = {}, metadata = {} } = asked;
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const named = Object.entries(flags).flatMap(([option, flag]) => {
    const wanted = options[option as keyof DownloadOptions];
    return wanted !== undefined && differs(wanted, download.options[option as keyof DownloadOptions]) ? [flag] : [];
  });
  const elsewhere = asked.namesFolder && asked.directory !== download.directory;
  const notes = Object.entries(metadata).some(([key, value]) => differs(value, download.metadata[key]));
  const counted = (['category', 'priority'] as const).filter((key) =>
    differs(asked[key] ?? download[key], download[key]),
  );
  return [...(elsewhere ? ['--dir'] : []), ...counted.map((key) => `--${key}`), ...named, ...(notes ? ['--meta'] : [])];
}

/** The sentence about them; undefined where nothing is ignored. */
export function ignoredSentence(name: string, id: number, ignored: readonly string[]): string | undefined {
  if (ignored.length === 0) return undefined;
  const listed = ignored.length === 1 ? ignored[0] : `${ignored.slice(0, -1).join(', ')} and ${ignored.at(-1)}`;
  const verb = ignored.length === 1 ? 'is' : 'are';
  return `${name}: ${listed} ${verb} ignored, since download ${id} goes on as it was begun; for one of its own add --if-exists new`;
}
