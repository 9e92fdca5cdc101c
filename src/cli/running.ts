import type { Longhaul } from '../instance/longhaul.ts';
import { type ExitCode, exit } from './exit-codes.ts';
import type { Context, HowToOpen } from './verb.ts';

/** What is said after an interruption; left out: how to go on. */
export interface Farewell {
  words?: string;
}

/**
 * Opens Longhaul with an engine and works until done or interrupted. The first Ctrl-C (or kill)
 * aborts the signal, and closing makes everything safe on disk; the second ends at once, which loses
 * no more than a crash would.
 */
export async function running(
  context: Context,
  how: HowToOpen,
  work: (longhaul: Longhaul, signal: AbortSignal) => Promise<ExitCode>,
  farewell: Farewell = {},
): Promise<ExitCode> {
  const interrupts = context.interrupts();
  try {
    const atOnce = interrupts.again.then((): ExitCode => exit.interrupted);
    const ending = openAndWork(context, how, (longhaul) => work(longhaul, interrupts.signal), farewell);
    return await Promise.race([ending, atOnce]);
  } finally {
    interrupts.release();
  }
}

async function openAndWork(
  context: Context,
  how: HowToOpen,
  work: (longhaul: Longhaul) => Promise<ExitCode>,
  farewell: Farewell,
): Promise<ExitCode> {
  const longhaul = await context.open(how);
  let code: ExitCode;
  try {
    code = await work(longhaul);
  } finally {
    await longhaul.close();
  }
  if (code === exit.interrupted)
    context.screen.err.line(farewell.words ?? 'stopped; resume with: longhaul resume-downloads');
  return code;
}
