import type { Controlled } from '../commands/commands.ts';
import { wireDownload } from '../contract/wire.ts';
import type { Download } from '../downloads/download.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import type { AskedWish } from '../store/store.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { explain } from './explain.ts';
import { nameOf } from './texts.ts';
import type { Context } from './verb.ts';

/** In the words of the line that each download gets. */
export interface ControlWords {
  /** It is done: `paused`. */
  readonly done: string;
  /** Its process has been told: `will be paused`. */
  readonly told: string;
}

/**
 * Asks the same of several downloads; each gets its line, and one that is refused does not keep the
 * others from being asked. The most serious code of all.
 */
export async function controlAll(
  context: Context,
  longhaul: Longhaul,
  references: readonly string[],
  asked: {
    readonly wish: AskedWish;
    readonly words: ControlWords;
    readonly json: boolean;
    readonly change?: RetryChange | undefined;
  },
): Promise<ExitCode> {
  const codes: ExitCode[] = [];
  for (const reference of references) {
    try {
      const controlled = await longhaul.commands.control(reference, asked.wish, asked.change);
      if (asked.json) context.screen.json({ ...wireDownload(controlled.download), obeyed: controlled.obeyed });
      else context.screen.out.line(await lineOf(context, longhaul, controlled, asked));
      for (const path of controlled.left) {
        const { err } = context.screen;
        err.line(`${err.look.symbol('warning')} ${printable(path)} was left: it is not what was delivered any more`);
      }
      for (const warning of controlled.warnings ?? []) {
        const { err } = context.screen;
        err.line(`${err.look.symbol('warning')} ${printable(warning)}`);
      }
      codes.push(exit.done);
    } catch (error) {
      codes.push(refused(context, error));
    }
  }
  return worst(codes);
}

function refused(context: Context, error: unknown): ExitCode {
  const explained = explain(error);
  if (!explained || explained.code === exit.store) throw error;
  context.screen.err.line(`${context.screen.err.look.symbol('failed')} ${printable(explained.message ?? '')}`);
  return explained.code;
}

async function lineOf(
  context: Context,
  longhaul: Longhaul,
  { download, obeyed }: Controlled,
  { wish, words }: { readonly wish: AskedWish; readonly words: ControlWords },
): Promise<string> {
  const { look } = context.screen.out;
  const subject = `${download.id} ${nameOf(download)}`;
  if (!obeyed) return `${look.symbol('note')} ${subject}: ${words.told}; its process has been told`;
  const next = wish.wish === 'resume' || wish.wish === 'retry' ? await nextOf(longhaul, download.id) : '';
  return `${look.symbol(wish.wish === 'remove' ? 'cancelled' : download.status)} ${subject}: ${doneWords(download, wish, words)}${next}`;
}

/** Of what is complete only the seeding can have been meant. */
function doneWords({ status }: Download, { wish }: AskedWish, words: ControlWords): string {
  if (status !== 'completed') return words.done;
  return { pause: 'seeding paused', resume: 'seeding resumed', cancel: 'seeding ended' }[String(wish)] ?? words.done;
}

/** Someone must run it now: who, or how to start someone. */
async function nextOf(longhaul: Longhaul, id: number): Promise<string> {
  const { why } = await longhaul.commands.show(String(id));
  return `; ${printable(why)}`;
}
