import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { DownloadOptions } from '../../src/downloads/download.ts';
import { Failure } from '../../src/downloads/failure.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { createRun, type Run } from '../../src/engine/run.ts';
import { runDownload } from '../../src/engine/run-download.ts';
import { createVolumes } from '../../src/engine/volumes.ts';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import type { Claim, Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { createDeadline, momentOn } from '../../src/time/deadline.ts';
import { type ScriptedSource, scriptedSource } from './scripted-source.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'longhaul-engine-'));
});
after(() => rm(root, { recursive: true, force: true }));

/** A download in a folder of its own, with an engine that runs it when it is told to. */
export interface Stage {
  readonly store: Store;
  readonly source: ScriptedSource;
  readonly parts: EngineParts;
  readonly folder: string;
  readonly id: number;
  /** Claims and runs once; `during` is called when the run has begun. */
  run(during?: (run: Run) => unknown): Promise<void>;
  claim(instance?: string): Promise<Claim>;
  row(): ReturnType<Store['get']>;
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** `store`: left out, one in memory. `shortFile`: as the engine's policy has it; left out, no file is short. */
export async function stage(
  content: Buffer,
  options: DownloadOptions = {},
  store?: Store,
  shortFile = -1,
): Promise<Stage> {
  const own = store ?? (await openStore({ path: ':memory:', clock: systemClock, log: silentLog })).store;
  const folder = await mkdtemp(join(root, 'd-'));
  const source = scriptedSource(content);
  const added = await own.add(
    {
      source: 'scripted',
      link: 'scripted:1',
      linkKey: `scripted:${folder}`,
      directory: folder,
      options: { retryWait: 0, ...options },
      metadata: {},
      runner: null,
      ifExists: 'new',
    },
    Date.now(),
  );
  const { id } = added.download;
  const parts: EngineParts = {
    store: own,
    sourceNamed: () => source,
    makeStep: () => Promise.reject(new Failure('link', 'there are no steps')),
    disk: realDisk,
    volumes: createVolumes({ disk: realDisk, store: own, clock: systemClock, instance: 'me', headroom: 0 }),
    clock: systemClock,
    log: silentLog,
    instance: 'me',
    random: () => 0,
    policy: {
      retry: { maxTries: 3, firstWait: 0, longestWait: 0, spaceWait: 30_000 },
      checkpoint: { bytes: 10_000_000, interval: 30_000 },
      shortFile,
    },
  };
  const claim = async (instance = 'me') => {
    const claimed = await own.claim(id, instance, Date.now() + 30_000, Date.now());
    assert.ok(claimed, 'the download can be claimed');
    return claimed;
  };
  return {
    store: own,
    source,
    parts,
    folder,
    id,
    claim,
    async run(during) {
      const run = createRun(await claim(), parts, createDeadline(momentOn(systemClock), 30_000));
      const end = runDownload(run);
      await during?.(run);
      await end;
    },
    row: () => own.get(id),
    names: async () => (await readdir(folder)).toSorted(),
    close: () => own.close(),
  };
}
