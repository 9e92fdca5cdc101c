import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type { Program } from './program.ts';

/** The most memory that it took, bytes; known at its end. */
export async function peakMemory({ child, ended }: Program): Promise<number> {
  let peak = 0;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (; !isOver; await after(50)) {
    const status = `/proc/${child.pid}/status`;
    const [, kilobytes = '0'] =
      /^VmHWM:\s+(\d+) kB/m.exec(existsSync(status) ? readFileSync(status, 'utf8') : '') ?? [];
    peak = Math.max(peak, Number(kilobytes) * 1024);
  }
  return peak;
}
