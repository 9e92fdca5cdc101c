import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defaults } from '../../src/config/defaults.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { silentLog } from '../../src/log/log.ts';
import { convertKind } from '../../src/steps/convert/convert.ts';
import type { StepParts } from '../../src/steps/parts.ts';
import type { StepFile, StepKind } from '../../src/steps/step.ts';
import { systemClock } from '../../src/time/clock.ts';
import { mediaFolder } from './media.ts';

/** The step as the program makes it, with these keys of the configuration. */
export function convertWith(change: { readonly ffmpeg?: object; readonly convert?: object } = {}): StepKind {
  const config = {
    ...defaults,
    ffmpeg: { stalled_after: 60_000, ...change.ffmpeg },
    convert: { presets: {}, ...change.convert },
  } as unknown as StepParts['config'];
  return convertKind({ config, clock: systemClock, disk: realDisk, log: silentLog });
}

/** As the engine hands it to a step. */
export function fileAt(path: string): StepFile {
  return { path, size: statSync(path).size, main: true };
}

/** A folder with one for the step's own work. */
export async function convertStage(t: TestContext): Promise<{ readonly folder: string; readonly work: string }> {
  const folder = await mediaFolder(t);
  const work = join(folder, 'work');
  mkdirSync(work);
  return { folder, work };
}
