import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** In the environment of a program: at its end it writes how late its main thread was, ms at p99, to this file. */
export function tellingLoopDelay(path: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import ${import.meta.url}`, LOOP_DELAY_TO: path };
}

const path = process.env.LOOP_DELAY_TO;
if (path !== undefined && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('exit', () => writeFileSync(path, String(delay.percentile(99) / 1e6)));
}
