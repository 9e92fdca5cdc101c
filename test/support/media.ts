import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Films and sounds for tests, made on the spot. Seconds. */
export interface MediaRequest {
  readonly video?: number;
  readonly audio?: number;
  /** Arguments of ffmpeg before the output. */
  readonly args?: readonly string[];
}

export async function mediaFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-media-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a file and returns its path; its kind goes by the ending. */
export function makeMedia(folder: string, name: string, { video, audio, args = [] }: MediaRequest): string {
  const path = join(folder, name);
  ffmpeg([
    ...(video === undefined ? [] : ['-f', 'lavfi', '-i', `testsrc=duration=${video}:size=160x90:rate=10`]),
    ...(audio === undefined ? [] : ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${audio}`]),
    ...(video === undefined ? [] : ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']),
    ...args,
    `file:${path}`,
  ]);
  return path;
}

export function ffmpeg(args: readonly string[]): void {
  execFileSync('ffmpeg', ['-hide_banner', '-v', 'error', '-nostdin', '-y', ...args], {
    stdio: 'pipe',
    timeout: 60_000,
  });
}

/** Ms, as ffprobe measures it. */
export function durationOfFile(path: string): number {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', `file:${path}`];
  return Number(execFileSync('ffprobe', args, { encoding: 'utf8' })) * 1000;
}
