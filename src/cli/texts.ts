import { type Download, type Live, shownName } from '../downloads/download.ts';
import { fractionOf, percentText } from '../downloads/progress.ts';
import type { Status } from '../downloads/states.ts';
import { printable } from '../log/printable.ts';
import { maskLinks } from '../log/redaction.ts';
import { type ExitCode, exit } from './exit-codes.ts';

/** What a row says on a terminal. Everything that came from outside goes through `printable` here. */

/** The name of what was or will be delivered, or the link while none is known; no control characters, secrets masked. */
export function nameOf(
  download: Pick<Download, 'name' | 'link'> & Partial<Pick<Download, 'directory' | 'downloadPath'>>,
): string {
  return shownName(download) === null ? shortened(linkOf(download)) : printable(shownName(download) ?? '');
}

export function linkOf(download: Pick<Download, 'link'>): string {
  return printable(maskLinks(download.link));
}

/** Longer links name nothing to a person, characters. */
const longestLink = 200;

function shortened(link: string): string {
  return link.length > longestLink ? `${link.slice(0, longestLink)}…` : link;
}

/** Where it was delivered, or will be. */
export function placeOf(download: Download): string {
  return printable(download.downloadPath ?? download.directory);
}

/** How far it is: `45.3 %`, `100 %`; empty while the size is unknown. */
export function doneText({ live, ...download }: Download & Live): string {
  if (download.status === 'completed' || download.status === 'cleaned') return '100 %';
  return percentText(fractionOf(live?.bytes ?? download.bytesDownloaded, live?.totalBytes ?? download.totalBytes));
}

/** What the end of this download means for the process that waited for it. */
export function codeOf(status: Status | undefined): ExitCode {
  if (status === 'completed' || status === 'cleaned') return exit.done;
  return status === undefined || status === 'failed' || status === 'cancelled' ? exit.failed : exit.unfinished;
}
