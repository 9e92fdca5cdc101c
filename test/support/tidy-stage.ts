import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { markOf } from '../../src/disk/delivered.ts';
import { removePartial, writeSidecar } from '../../src/disk/partial.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { sidecarFor } from '../../src/downloads/sidecar.ts';
import type { TidyAction } from '../../src/downloads/tidy-report.ts';
import { sidecarFilesIn } from '../../src/instance/recovery.ts';
import { silentLog } from '../../src/log/log.ts';
import { tidy } from '../../src/queue/tidy.ts';
import type { TidyParts, TidyRules, TidyScope } from '../../src/queue/tidy-run.ts';
import { openStore } from '../../src/store/open.ts';
import type { Claim, Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

/** A store with a folder of downloads, and a clock that is moved by hand. */
export interface TidyStage {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly folder: string;
  /** A delivered file with this text; an hour passes. */
  deliver(
    name: string,
    text: string,
    more?: {
      readonly category?: string;
      readonly digest?: string;
      readonly modifiedAt?: Date;
      /** As `parseSeed` reads it. */
      readonly seed?: string;
    },
  ): Promise<number>;
  /** A download with a partial of some bytes, which then ends as said. */
  begin(name: string, text: string): Promise<Claim>;
  tidy(
    rules?: Partial<TidyRules>,
    scope?: Partial<TidyScope>,
    parts?: Partial<TidyParts>,
  ): Promise<readonly TidyAction[]>;
  parts(rules: Partial<TidyRules>): TidyParts;
  names(): Promise<string[]>;
  status(id: number): Promise<string | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const hour = 3_600_000;

/** The clock starts now: files on a real disk have real times. */
export async function tidyStage(): Promise<TidyStage> {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-tidy-'));
  const folder = join(root, 'downloads');
  await mkdir(folder);
  const clock = manualClock(Date.now());
  const { store } = await openStore({ path: join(root, 'db', 'longhaul.db'), clock, log: silentLog });
  let links = 0;

  async function begin(name: string, text: string, category?: string): Promise<Claim> {
    links += 1;
    const link = `http://host/${links}/${name}`;
    const asked = { source: 'http', link, linkKey: link, directory: folder, options: {}, metadata: {}, runner: null };
    const { download } = await store.add(
      { ...asked, ifExists: 'new', ...(category === undefined ? {} : { category }) },
      clock.now(),
    );
    const claim = await store.claim(download.id, 'me', clock.now() + hour, clock.now());
    if (!claim) throw new Error('it could not be claimed');
    const size = Buffer.byteLength(text);
    const files = [{ path: name, size, main: true }];
    const manifest = { name, totalBytes: size, resumeToken: { etag: '"a"' }, files, restart: false };
    const [file] = (await store.recordManifest(claim.lease, manifest, clock.now())) ?? [];
    if (!file) throw new Error('it has no file');
    const partialPath = join(folder, `${name}.part`);
    await store.recordPartial(claim.lease, file.id, partialPath, clock.now());
    await writeFile(partialPath, text);
    await writeSidecar(realDisk, partialPath, sidecarFor(claim.download, [{ ...file, partialPath }]));
    const checkpoints = [{ lease: claim.lease, fileId: file.id, ranges: [[0, size]] as const }];
    await store.pulse({ instance: 'me', leases: [], leaseUntil: 0, checkpoints, samples: [] }, clock.now());
    return { ...claim, files: [{ ...file, partialPath }] };
  }

  const stage: TidyStage = {
    ...{ store, clock, folder, begin },
    async deliver(name, text, { category, digest = null, modifiedAt, seed } = {}) {
      const { lease, files, download } = await begin(name, text, category);
      const finalPath = join(folder, name);
      const [file] = files;
      if (modifiedAt) await utimes(`${finalPath}.part`, modifiedAt, modifiedAt);
      await realDisk.link(`${finalPath}.part`, finalPath);
      const size = Buffer.byteLength(text);
      const verified = {
        finalPath,
        size,
        integrity: 'validator',
        digest,
        ...(await markOf(realDisk, finalPath)),
      } as const;
      await store.recordVerified(lease, file?.id ?? 0, verified, clock.now());
      const delivered = { integrity: 'validator', downloadPath: finalPath, fileSize: size } as const;
      await store.change(lease, { to: 'processing', ...delivered }, clock.now());
      await removePartial(realDisk, `${finalPath}.part`);
      await store.change(lease, { to: 'completed', ...(seed ? { seed } : {}) }, clock.now());
      await clock.advance(hour);
      return download.id;
    },
    parts: (rules) => ({
      ...{ store, disk: realDisk, clock, log: silentLog, instance: 'me', seesAll: true },
      rules: { retention: { rules: {}, categories: new Map() }, ...rules },
      sidecarsIn: (place) => sidecarFilesIn(place),
    }),
    async tidy(rules = {}, scope = {}, parts = {}) {
      const asked = { work: true, unknown: false, dryRun: false, ...scope };
      const report = await tidy({ ...stage.parts(rules), ...parts }, asked, new AbortController().signal);
      return report.actions;
    },
    names: async () => (await readdir(folder)).toSorted(),
    status: async (id) => (await store.get(id))?.status,
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(root, { recursive: true });
    },
  };
  return stage;
}

/** What was done, in short: `cleaned a.iso`. */
export function inShort(actions: readonly TidyAction[]): string[] {
  return actions.map((action) => {
    if ('paths' in action) return `${action.kind} ${action.paths.map((path) => basename(path)).join(' ')}`;
    if ('path' in action) return `${action.kind} ${basename(dirname(action.path))}/${basename(action.path)}`;
    return `${action.kind} ${action.id}`;
  });
}
