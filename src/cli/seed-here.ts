import { formatSeed } from '../config/seed.ts';
import type { Download } from '../downloads/download.ts';
import { isSeeded, ratioOf, ratioText } from '../downloads/seeding.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import { nameOf } from './texts.ts';
import type { Context } from './verb.ts';

/** How often it looks whether the seeding has ended, ms. */
const lookEvery = 1000;

/**
 * What was delivered is to be seeded: `stays` waits here until that has ended or a person has enough; otherwise it is
 * said who does it.
 */
export async function seedHere(
  context: Context,
  longhaul: Longhaul,
  ids: readonly number[],
  { stays, signal }: { readonly stays: boolean; readonly signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) return;
  let seeded = await stillSeeded(longhaul, ids);
  const { look, line } = context.screen.err;
  for (const download of seeded) {
    const goal = formatSeed(download.seeding?.goal);
    const how = stays
      ? `seeding it (${goal}); Ctrl-C leaves that to longhaul serve`
      : 'longhaul serve seeds it while it runs';
    line(`${look.symbol('note')} ${nameOf(download)}: ${how}`);
  }
  while (stays && seeded.length > 0 && !signal.aborted) {
    await context.clock.sleep(lookEvery);
    const now = await stillSeeded(
      longhaul,
      seeded.map(({ id }) => id),
    );
    for (const before of seeded) {
      if (!now.some(({ id }) => id === before.id)) await tellEnd(context, longhaul, before);
    }
    seeded = now;
  }
}

async function stillSeeded(longhaul: Longhaul, ids: readonly number[]): Promise<Download[]> {
  const rows = await Promise.all(ids.map((id) => rowOf(longhaul, id)));
  return rows.filter((row) => row?.status === 'completed' && isSeeded(row.seeding)) as Download[];
}

async function tellEnd({ screen }: Context, longhaul: Longhaul, before: Download): Promise<void> {
  const row = await rowOf(longhaul, before.id);
  const ratio = ratioText(ratioOf(row?.seeding?.uploaded ?? 0, row?.fileSize ?? null));
  const why = row ? (row.seeding?.message ?? `ratio ${ratio}`) : 'it was removed';
  screen.err.line(`${screen.err.look.symbol('note')} ${nameOf(before)}: seeding ended: ${printable(why)}`);
}

/** Undefined: it was removed. */
async function rowOf(longhaul: Longhaul, id: number): Promise<Download | undefined> {
  try {
    return (await longhaul.commands.show(String(id))).download;
  } catch {
    return undefined;
  }
}
