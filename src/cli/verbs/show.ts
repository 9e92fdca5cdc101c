import type { Shown } from '../../commands/commands.ts';
import { formatRate } from '../../config/rate.ts';
import { formatSeed } from '../../config/seed.ts';
import { wireAttempt, wireDownload, wireEvent, wireStep } from '../../contract/wire.ts';
import type { Attempt } from '../../downloads/download.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import { seedingText } from '../../downloads/seeding.ts';
import { wantedOf } from '../../downloads/selection.ts';
import { amountText, bytesText, momentText, spanText, speedText } from '../../downloads/words.ts';
import { printable } from '../../log/printable.ts';
import { exit } from '../exit-codes.ts';
import type { Look } from '../look.ts';
import { jsonOption } from '../options.ts';
import { mostShown } from '../preview.ts';
import { stepLine } from '../step-line.ts';
import { linkOf, nameOf } from '../texts.ts';
import { eventLine } from '../timeline.ts';
import { asking, type Verb } from '../verb.ts';

/** `longhaul show`: one download with its tries, its timeline, and why it is where it is. */
export const show: Verb = {
  define(command) {
    command
      .argument('<id...>', 'an id from longhaul list, or (the beginning of) a uid')
      .addOption(jsonOption())
      .addHelpText('after', '\nExamples:\n  $ longhaul show 12\n  $ longhaul show 12 --json');
  },
  async run(command, context) {
    const { json } = command.opts<{ readonly json?: boolean }>();
    const { out } = context.screen;
    await asking(context, async (longhaul) => {
      for (const [n, reference] of command.args.entries()) {
        const shown = await longhaul.commands.show(reference, { timeline: true });
        if (json) context.screen.json(wireOf(shown));
        else {
          if (n > 0) out.line('');
          for (const line of linesOf(shown, out.look, context.clock.now())) out.line(line);
        }
      }
    });
    return exit.done;
  },
};

function wireOf({ download, files, why, attempts, steps, events }: Shown): unknown {
  const parts = { tries: attempts.map(wireAttempt), steps: steps.map(wireStep), timeline: events.map(wireEvent) };
  return { ...wireDownload(download, files), why, ...parts };
}

function linesOf(shown: Shown, look: Look, now: number): string[] {
  const { download, attempts, steps, events } = shown;
  const title = `${look.symbol(download.status)} ${look.paint('strong', nameOf(download))}  ${look.paint('faint', `${download.id}`)}`;
  const facts = factsOf(shown, now).map(([label, text]) => `  ${look.paint('faint', label.padEnd(10))}${text}`);
  return [
    title,
    `  ${printable(shown.why)}`,
    '',
    ...facts,
    ...section(
      'Steps',
      steps.map((step) => stepLine(step, look)),
      look,
    ),
    ...section(
      'Tries',
      attempts.map((attempt) => attemptLine(attempt, look, now)),
      look,
    ),
    ...section(
      'Timeline',
      events.map((event) => eventLine(event, look, now)),
      look,
    ),
  ];
}

function section(title: string, lines: readonly string[], look: Look): string[] {
  return lines.length === 0 ? [] : ['', look.paint('strong', title), ...lines.map((line) => `  ${line}`)];
}

function factsOf({ download, files, why }: Shown, now: number): (readonly [string, string])[] {
  const delivered = files.filter(({ step }) => step === null);
  const { createdAt, completedAt, error, warning, integrity, place, live } = {
    ...download,
    error: errorOf(download, why),
    warning: download.warning === null ? null : printable(download.warning),
    place: download.downloadPath ?? download.directory,
  };
  const facts: (readonly [string, string | null])[] = [
    ['link', linkOf(download)],
    [download.downloadPath ? 'file' : 'folder', printable(place)],
    ['address', download.resultLink === null ? null : printable(download.resultLink)],
    ['bytes', amountText(live?.bytes ?? download.bytesDownloaded, live?.totalBytes ?? download.totalBytes)],
    ['category', download.category === null ? null : printable(download.category)],
    ['priority', download.priority === 0 ? null : String(download.priority)],
    ['limit', download.options.rate === undefined ? null : formatRate(download.options.rate)],
    ['keeps', download.options.keep ?? null],
    ['integrity', integrity],
    ['seeding', seedingFact(download, now)],
    ['error', error],
    ['warning', warning],
    ['added', momentText(createdAt, now)],
    ['completed', completedAt === null ? null : momentText(completedAt, now)],
    ['uid', download.uid],
    ['source', download.source],
    ['metadata', Object.keys(download.metadata).length === 0 ? null : printable(JSON.stringify(download.metadata))],
    ...(delivered.length > 1 ? fileFacts(delivered, download.options) : []),
  ];
  return facts.filter((fact): fact is readonly [string, string] => fact[1] !== null);
}

/** How far it is, of what was asked for. */
function seedingFact({ seeding, fileSize }: Shown['download'], now: number): string | null {
  if (seeding === null) return null;
  const { goal, uploaded, time, message } = seeding;
  const how = seedingText(seeding, fileSize, now) ?? `ended: ${printable(message ?? 'nobody said why')}`;
  return `${how}; ${bytesText(uploaded)} sent in ${spanText(time)}, asked for: ${formatSeed(goal)}`;
}

/** Each with its number, as `--select` takes it, and how far it is. */
function fileFacts(files: Shown['files'], options: Shown['download']['options']): [string, string][] {
  const { filePriorities } = options;
  const wanted = wantedOf(files, filePriorities === undefined ? {} : { filePriorities });
  const listed = files.slice(0, mostShown).map((file, at): [string, string] => {
    const priority = wanted[at]?.priority ?? 0;
    const level = priority > 0 ? '  first' : priority < 0 ? '  last' : '';
    const place = printable(file.finalPath ?? file.path);
    return ['file', `${at + 1}. ${place}  ${bytesText(file.size)}  ${stateOf(file)}${level}`];
  });
  const more = files.length - listed.length;
  return more > 0 ? [...listed, ['', `… and ${more} more; --json lists all`]] : listed;
}

function stateOf(file: Shown['files'][number]): string {
  if (!file.selected) return 'not selected';
  if (file.finalPath !== null) return 'done';
  const bytes = bytesIn(file.durable);
  if (file.size === null || bytes === 0) return bytes === 0 ? 'waits' : bytesText(bytes);
  return `${Math.floor((bytes / file.size) * 100)} %`;
}

/** Where the sentence above has told it, its class is left. */
function errorOf({ errorClass, errorMessage, status }: Shown['download'], why: string): string | null {
  if (errorClass === null || status === 'completed') return null;
  const message = (errorMessage ?? '').replace(/[.;\s]+$/, '');
  return message === '' || why.includes(message) ? errorClass : `${errorClass}: ${printable(message)}`;
}

function attemptLine(attempt: Attempt, look: Look, now: number): string {
  const { fromBytes, toBytes, startedAt, endedAt, outcome, errorMessage } = attempt;
  const took = endedAt === null ? 'running' : spanText(endedAt - startedAt);
  const bytes =
    toBytes === null ? `from ${bytesText(fromBytes)}` : `${bytesText(fromBytes)} ${look.arrow} ${bytesText(toBytes)}`;
  const ms = (endedAt ?? startedAt) - startedAt;
  const speed =
    toBytes !== null && toBytes > fromBytes && ms > 0 ? [speedText(((toBytes - fromBytes) * 1000) / ms)] : [];
  const end = errorMessage ? `${outcome}: ${printable(errorMessage)}` : outcome;
  return [`${attempt.token}.`, momentText(startedAt, now), took, bytes, ...speed, ...(end ? [end] : [])].join('  ');
}
