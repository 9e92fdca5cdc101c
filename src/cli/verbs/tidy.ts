import { formatDuration } from '../../config/duration.ts';
import { wireTidied } from '../../contract/wire.ts';
import type { RetentionReason } from '../../downloads/retention.ts';
import type { TidyAction } from '../../downloads/tidy-report.ts';
import { bytesText } from '../../downloads/words.ts';
import { printable } from '../../log/printable.ts';
import { exit } from '../exit-codes.ts';
import type { Look } from '../look.ts';
import { jsonOption } from '../options.ts';
import { asking, type Verb } from '../verb.ts';

interface TidyOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul tidy`: does now what a running engine does at its start, after each completion and every hour. */
export const tidy: Verb = {
  define(command) {
    command.option('--dry-run', 'only tell what would be deleted').addOption(jsonOption()).addHelpText('after', help);
  },
  async run(command, context) {
    const { dryRun = false, json } = command.opts<TidyOptions>();
    const { screen } = context;
    const report = await asking(context, (longhaul) => longhaul.commands.tidy({ dryRun }));
    if (json) screen.json(wireTidied(report, dryRun));
    else for (const action of report.actions) screen.out.line(lineOf(action, dryRun, screen.out.look));
    if (report.busy) {
      screen.err.line(
        `${screen.err.look.symbol('warning')} another process is tidying right now; try again in a minute`,
      );
      return exit.unfinished;
    }
    if (!json) screen.err.line(screen.err.look.paint('faint', summary(report.actions, dryRun)));
    return report.actions.some(({ kind }) => kind === 'left' || kind === 'left elsewhere')
      ? exit.unfinished
      : exit.done;
  },
};

const help = `
What goes is told by the section retention of the configuration (off unless set): delivered files that are more,
larger together or older than allowed, and only while they are what was delivered. Also what downloads that failed
a day ago have fetched, partials that no download claims, and what an upload that was given up has left at its host.
Rows stay.

Examples:
  $ longhaul tidy --dry-run
  $ longhaul --set retention.max_files=50 tidy`;

function lineOf(action: TidyAction, dryRun: boolean, look: Look): string {
  const will = (did: string, would: string) => (dryRun ? `would ${would}` : did);
  switch (action.kind) {
    case 'cleaned':
      return `${look.symbol('cleaned')} ${action.id} ${printable(action.paths.join(', '))}: ${will('deleted', 'be deleted')}, ${bytesText(action.bytes)} (${ruleText(action.reason)})`;
    case 'seeded':
      return `${look.symbol('note')} ${action.id} stays while it is seeded (${ruleText(action.reason)}); longhaul cancel ${action.id} ends that`;
    case 'let go':
      return `${look.symbol('note')} ${action.id} ${printable(action.message)}`;
    case 'gave up':
      return `${look.symbol('cleaned')} ${action.id} ${will('deleted', 'delete')} what it fetched before it failed, ${bytesText(action.bytes)}`;
    case 'gave up elsewhere':
      return `${look.symbol('cleaned')} ${action.id} ${will('gave up', 'give up')} what ${printable(action.step)} had begun elsewhere`;
    case 'left elsewhere':
      return `${look.symbol('warning')} ${action.id} ${printable(action.message)}; it is tried again every hour, and by longhaul tidy`;
    case 'forgot':
      return `${look.symbol('cleaned')} ${action.id} ${printable(action.name ?? 'without a name')}: ${will('forgotten', 'be forgotten')}`;
    case 'orphan':
      return `${look.symbol('cleaned')} ${printable(action.path)}: ${will('deleted', 'be deleted')}, ${bytesText(action.bytes)} (${owner[action.whose]})`;
    case 'left':
      return `${look.symbol('warning')} ${printable(action.path)}: ${printable(action.message)}`;
  }
}

const owner = {
  ended: 'a rest of a download that has ended',
  removed: 'a rest of a download that was removed',
  unknown: 'of a download that nobody knows',
} as const;

function ruleText({ rule, limit, category }: RetentionReason): string {
  const amount = { max_files: String(limit), max_bytes: bytesText(limit), max_age: formatDuration(limit) }[rule];
  return `retention.${category === undefined ? '' : `categories.${printable(category)}.`}${rule} is ${amount}`;
}

function summary(actions: readonly TidyAction[], dryRun: boolean): string {
  const bytes = actions.reduce((sum, action) => sum + ('bytes' in action ? action.bytes : 0), 0);
  if (actions.length === 0) return 'nothing to tidy';
  return dryRun ? `${bytesText(bytes)} would be freed; nothing was deleted` : `${bytesText(bytes)} freed`;
}
