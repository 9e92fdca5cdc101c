import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { DownloadOptions } from '../../src/downloads/download.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { createRun, type Run } from '../../src/engine/run.ts';
import { runDownload } from '../../src/engine/run-download.ts';
import { createVolumes } from '../../src/engine/volumes.ts';
import { silentLog } from '../../src/log/log.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import type { Step, StepKind } from '../../src/steps/step.ts';
import { openStore } from '../../src/store/open.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';
import { type ScriptedSource, scriptedSource } from './scripted-source.ts';

export type Doing = Step['run'];

/** What the download delivers, as `file.bin`. */
export const content = Buffer.alloc(1000, 'bytes ');

/** Writes `name` into the work folder. */
export const makes =
  (name: string): Doing =>
  async ({ work }) => {
    await writeFile(join(work, name), name);
    return { files: [{ path: join(work, name), size: name.length, main: true }] };
  };

export const uploads: Doing = async () => ({ link: 'https://host/x', note: 'sent' });

/** Begins and waits to be stopped. */
export function waiting(): { readonly begun: Promise<void>; readonly run: Doing } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run: Doing = (_context, _mark, _report, signal) => {
    resolve();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  };
  return { begun: promise, run };
}

/** Gives a stage with a download of one file, and a step of each name that does what the script says. */
export function stepStages() {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'longhaul-steps-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  return async (script: Readonly<Record<string, Doing>>, options: DownloadOptions = {}, clock: Clock = systemClock) => {
    const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
    const folder = await mkdtemp(join(root, 'd-'));
    const source: ScriptedSource = scriptedSource(content);
    const doing = new Map(Object.entries(script));
    const where = { linkKey: folder, directory: folder, runner: null, ifExists: 'new' } as const;
    const wanted = { retryWait: 0, steps: [...doing.keys()], ...options };
    const { download } = await store.add(
      { source: 'scripted', link: 'scripted:1', ...where, options: wanted, metadata: { whose: 'mine' } },
      Date.now(),
    );
    const { id } = download;
    const parts: EngineParts = {
      ...{ store, sourceNamed: () => source, disk: realDisk, clock, log: silentLog, instance: 'me', random: () => 0 },
      makeStep: async (spec) => stepRegistry(kindsOf(doing)).make(spec),
      volumes: createVolumes({ disk: realDisk, store, clock, instance: 'me', headroom: 0 }),
      policy: {
        retry: { maxTries: 2, firstWait: 0, longestWait: 0, spaceWait: 30_000 },
        checkpoint: { bytes: 10_000_000, interval: 30_000 },
        shortFile: 2 ** 20,
      },
    };
    return {
      ...{ store, folder, id, source, doing, download },
      async run(during?: (run: Run) => unknown) {
        const claim = await store.claim(id, 'me', Date.now() + 30_000, Date.now());
        assert.ok(claim, 'the download can be claimed');
        const run = createRun(claim, parts);
        const end = runDownload(run);
        await during?.(run);
        await end;
      },
      row: () => store.get(id),
      steps: async () => (await store.steps(id)).map(({ kind, status }) => `${kind} ${status}`),
      names: async () => (await readdir(folder)).toSorted(),
    };
  };
}

/** What they began elsewhere goes: of a mark nothing is left but that. */
const giveUp = async (mark: unknown): Promise<unknown> => ({ gaveUp: mark });

function kindsOf(doing: ReadonlyMap<string, Doing>): StepKind[] {
  return [...doing].map(([kind, run]) => ({ kind, example: kind, make: () => ({ kind, run, giveUp }) }));
}
