import type { ImportReport } from '../commands/import/import-downloads.ts';
import type { Look } from './look.ts';

/** More are in `--json`. */
const mostProblems = 20;

/** What came, or would come, of an import, and what happens next: lines for a person. */
export function importLines(from: string, report: ImportReport, look: Look): string[] {
  const { added, dryRun, known, followed, what } = report;
  const total = Object.values(added).reduce((sum, count) => sum + count, 0);
  const verb = dryRun ? 'would be imported' : 'imported';
  const states = Object.entries(added).flatMap(([status, count]) => (count > 0 ? [`${count} ${status}`] : []));
  const known2 = known > 0 ? [`${look.symbol('note')} ${downloads(known)} imported before: left alone`] : [];
  return [
    `${from} is ${what}`,
    `${look.symbol(total > 0 ? 'completed' : 'note')} ${downloads(total)} ${verb}${states.length > 0 ? `: ${states.join(', ')}` : ''}`,
    ...filesLine(report, look),
    ...notYetLines(report, look),
    ...known2,
    ...(followed > 0 ? [`${look.symbol('note')} ${downloads(followed)} unfinished here already: left alone`] : []),
    ...Object.entries(report.leftOut).map(([kind, count]) => `${look.symbol('note')} ${count} ${kind}: left out`),
    ...nextLine(report, look),
  ];
}

/** What could not be saved, with its line. */
export function problemLines({ problems, problemCount }: ImportReport): string[] {
  const shown = problems.slice(0, mostProblems);
  const lines = shown.map(({ line, wrong }) => (line === null ? wrong : `line ${line}: ${wrong}`));
  const more = problemCount - shown.length;
  return more > 0 ? [...lines, `and ${more} more that could not be saved; --json lists them`] : lines;
}

function filesLine({ files: { gone, differs } }: ImportReport, look: Look): string[] {
  const facts = [
    ...(gone > 0 ? [`${gone} not where they were delivered`] : []),
    ...(differs > 0 ? [`${differs} of another size than was recorded`] : []),
  ];
  return facts.length === 0 ? [] : [`${look.symbol('warning')} files of completed downloads: ${facts.join(', ')}`];
}

function notYetLines({ notYet }: ImportReport, look: Look): string[] {
  return Object.entries(notYet).map(([kind, count]) => {
    if (kind === 'torrent')
      return `${look.symbol('paused')} ${count} unfinished by a .torrent file: kept, paused; add them with longhaul get FILE.torrent`;
    const words = kind === 'unknown' ? 'of a kind that is not known' : `(${kind})`;
    return `${look.symbol('paused')} ${count} unfinished ${words} cannot be downloaded by this version: kept, paused`;
  });
}

function nextLine({ added: { pending }, dryRun, willRun }: ImportReport, look: Look): string[] {
  if (pending === 0) return [];
  if (dryRun) return [`${look.symbol('pending')} ${downloads(pending)} would be downloaded, from the beginning`];
  return willRun
    ? [`${look.symbol('pending')} ${downloads(pending)} will be downloaded now, from the beginning`]
    : [`${look.symbol('warning')} nobody is running: download what is pending with longhaul resume-downloads`];
}

function downloads(count: number): string {
  return count === 1 ? '1 download' : `${count} downloads`;
}
