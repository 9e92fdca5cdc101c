import {
  addDownload,
  addDownloads,
  adopt,
  deliveredLike,
  downloadsLike,
  eventsSince,
  findDownload,
  listDownloads,
  record,
  statistics,
  unneededKeys,
} from './asking.ts';
import { claim, forgetInstance, registerInstance, rescue, waitForSteps } from './claiming.ts';
import { all, type Database, get, run } from './database.ts';
import { figures } from './figures.ts';
import { importDownloads, previewImport } from './importing.ts';
import { limitAll, limitOne, rates } from './limiting.ts';
import { filesOf, recordAllFiles } from './many-files.ts';
import { claimName } from './naming.ts';
import { call, candidates, earliestDue, freeOrphans } from './queueing.ts';
import { inOrder, move, set } from './ranking.ts';
import { attemptOf, candidateOf, downloadOf, eventOf, fileOf, instanceOf, stepOf } from './rows.ts';
import type { SeedStore } from './seed-store.ts';
import { endSeeding, freeToSeed, letSeedGo, takeSeed, writeSeeded } from './seeding.ts';
import { roomNeeded, roomWaited, waitForSpace } from './spacing.ts';
import { allFolders } from './statements/all-folders.ts';
import { allInstances } from './statements/all-instances.ts';
import { attemptsOfDownload } from './statements/attempts-of-download.ts';
import { countLeased } from './statements/count-leased.ts';
import { downloadById } from './statements/download-by-id.ts';
import { lastEventId } from './statements/last-event-id.ts';
import { seedsOf } from './statements/seeds-of.ts';
import { setIdle } from './statements/set-idle.ts';
import type { StepStore } from './step-store.ts';
import { begin, complete, leave, mark, recordOutcome, recordOutput, recordSettled, stepRows } from './stepping.ts';
import type { AskingStore, DoingStore } from './store.ts';
import type { DownloadWithFiles, TidyStore } from './tidy-store.ts';
import {
  clean,
  end,
  ended,
  failedWork,
  filesRemoved,
  forgetEnded,
  givenUp,
  giveUpWork,
  hold,
  keptDownloads,
  leftToRemove,
  letGo,
  type RowWithFiles,
  take,
  totals,
  whoseWork,
} from './tidying.ts';
import { changeAndObey, deliver, forget, wish } from './wishing.ts';
import { clearNudges, note, recordPartial, recordVerified, waitingWishes, writePulse } from './working.ts';

/** The store's operations over any database: each one transaction (but for very many files), rows turned into domain objects at the end. */
export function operationsOn(database: Database): AskingStore & DoingStore & StepStore & TidyStore & SeedStore {
  return {
    ...askingOn(database),
    ...doingOn(database),
    ...steppingOn(database),
    ...tidyingOn(database),
    ...seedingOn(database),
  };
}

function askingOn(database: Database): AskingStore {
  const { read, write } = database;
  return {
    async add(download, now) {
      const { row, followed } = await write(() => addDownload(download, now));
      return { download: downloadOf(row), followed };
    },
    async addMany(downloads, now) {
      const added = await write(() => addDownloads(downloads, now));
      return added.map(({ row, followed }) => ({ download: downloadOf(row), followed }));
    },
    importMany: (downloads, now) => write(() => importDownloads(downloads, now)),
    previewImport: (downloads) => read(() => previewImport(downloads)),
    async delivered(like) {
      const { byLink, byName } = await read(() => deliveredLike(like));
      return { byLink: byLink && downloadOf(byLink), byName: byName.map(downloadOf) };
    },
    async find(reference) {
      const row = await read(() => findDownload(reference));
      return row && downloadOf(row);
    },
    findAll: async (reference, limit) => (await read(() => downloadsLike(reference, limit))).map(downloadOf),
    async get(id) {
      const row = await read(() => get(downloadById, { id }));
      return row && downloadOf(row);
    },
    list: async (filter) => (await read(() => listDownloads(filter))).map(downloadOf),
    queued: async (filter) => (await read(() => inOrder(filter))).map(downloadOf),
    statistics: () => read(statistics),
    figures: (since) => read(() => figures(since)),
    files: (id) => filesOf(database, id),
    attempts: async (id) => (await read(() => all(attemptsOfDownload, { download_id: id }))).map(attemptOf),
    events: async (filter) => (await read(() => eventsSince(filter))).map(eventOf),
    lastEventId: async () => (await read(() => get(lastEventId, {})))?.id ?? 0,
    async wish(id, asked, now, change) {
      const { row, obeyed } = await write(() => wish(id, asked, now, change));
      return { download: downloadOf(row), obeyed };
    },
    limit: async (id, rate, now) => downloadOf(await write(() => limitOne(id, rate, now))),
    move: async (id, place, now) => downloadOf(await write(() => move(id, place, now))),
    set: async (id, facts, now) => downloadOf(await write(() => set(id, facts, now))),
    limitAll: (rate, now) => write(() => limitAll(rate, now)),
    rates: (host) => read(() => rates(host)),
    leased: async () => (await read(() => all(countLeased, {}))).map((row) => ({ ...row })),
    forget: (id, now) => write(() => forget(id, now)),
    record: (id, kind, detail, now) => write(() => record(id, kind, detail, now)),
    adopt: (id, expected, instance, now) => write(() => adopt(id, expected, instance, now)),
    instances: async () => (await read(() => all(allInstances, {}))).map(instanceOf),
  };
}

function doingOn(database: Database): DoingStore {
  const { read, write } = database;
  return {
    registerInstance: (instance) => write(() => registerInstance(instance)),
    forgetInstance: (uid, now) => write(() => forgetInstance(uid, now)),
    async takeName(name, uid, now) {
      const holder = await write(() => claimName(name, uid, now));
      return holder && instanceOf(holder);
    },
    candidates: async (filter) => (await read(() => candidates(filter))).map(candidateOf),
    nextDue: (filter) => read(() => earliestDue(filter)),
    callUp: (filter) => write(() => call(filter)),
    freeOrphans: (limit) => write(() => freeOrphans(limit)),
    async claim(id, instance, leaseUntil, now, within) {
      const claimed = await write(() => claim(id, instance, leaseUntil, now, within));
      return claimed && { ...claimed, files: await filesOf(database, id, claimed.files) };
    },
    recordManifest: (lease, manifest, now) => recordAllFiles(database, lease, manifest, now),
    recordPartial: (lease, fileId, partialPath) => write(() => recordPartial(lease, fileId, partialPath)),
    recordVerified: (lease, fileId, verified, now) => write(() => recordVerified(lease, fileId, verified, now)),
    async pulse(pulse, now) {
      const isEmpty = pulse.leases.length + pulse.checkpoints.length + pulse.samples.length === 0;
      if (isEmpty) return { lost: [], wishes: await read(() => waitingWishes(pulse.instance)) };
      return write(() => writePulse(pulse, now));
    },
    async deliver(lease, delivered, now) {
      const row = await write(() => deliver(lease, delivered, now));
      return row && downloadOf(row);
    },
    async change(lease, change, now) {
      const row = await write(() => changeAndObey(lease, change, now));
      return row && downloadOf(row);
    },
    neededElsewhere: (instance) => read(() => roomNeeded(instance)),
    roomWaitedFor: () => read(() => roomWaited()),
    waitForSpace: (rooms, nextAttemptAt, now) => write(() => waitForSpace(rooms, nextAttemptAt, now)),
    async waitingWishes(instance) {
      const wishes = await read(() => waitingWishes(instance));
      const nudges = [...wishes.values()].some(({ wish: word }) => word === 'nudge');
      return nudges ? write(() => clearNudges(instance)) : wishes;
    },
    note: (lease, kind, detail, now) => write(() => note(lease, kind, detail, now)),
    async rescue({ expiredBefore, ...gone }, now) {
      return (await write(() => rescue(gone, expiredBefore, now))).map(downloadOf);
    },
  };
}

function steppingOn({ read, write }: Database): StepStore {
  return {
    steps: async (id) => (await read(() => stepRows(id))).map(stepOf),
    recordSettled: (lease) => write(() => recordSettled(lease)),
    waitForSteps: (lease, room, now) => write(() => waitForSteps(lease, room, now)),
    beginStep: (lease, position, now) => write(() => begin(lease, position, now)),
    markStep: (lease, position, value) => write(() => mark(lease, position, value)),
    leaveMark: (id, position, value) => write(() => leave(id, position, value)),
    recordOutcome: (lease, position, outcome) => write(() => recordOutcome(lease, position, outcome)),
    recordOutput: (lease, position, output) => write(() => recordOutput(lease, position, output)),
    completeStep: (lease, position, done, now) => write(() => complete(lease, position, done, now)),
  };
}

function seedingOn(database: Database): SeedStore {
  const { read, write } = database;
  return {
    toSeed: (filter) => read(() => freeToSeed(filter)),
    seedsOf: async (instance) => (await read(() => all(seedsOf, { instance }))).map(({ id, token }) => ({ id, token })),
    async claimSeed(id, instance, leaseUntil, now) {
      const taken = await write(() => takeSeed(id, instance, leaseUntil, now));
      if (!taken) return undefined;
      const lease = { id, token: taken.row.seed_token };
      return { download: downloadOf(taken.row), files: await filesOf(database, id, taken.files), lease };
    },
    pulseSeeds: ({ instance, seeds, leaseUntil }) => write(() => writeSeeded(instance, seeds, leaseUntil)),
    endSeed: (seeded, message, now) => write(() => endSeeding(seeded, message, now)),
    releaseSeed: (seeded) => write(() => letSeedGo(seeded)),
    setIdle: (lease, idle) => write(() => run(setIdle, { ...lease, idle: idle ? 1 : 0 })).then(() => {}),
    unneededKeys: (keys) => read(() => unneededKeys(keys)),
  };
}

function tidyingOn({ read, write }: Database): TidyStore {
  return {
    takeTurn: (turn, stale, now) => write(() => take(turn, stale, now)),
    holdTurn: (turn, now) => write(() => hold(turn, now)),
    endTurn: (turn, now) => write(() => end(turn, now)),
    keptTotals: () => read(totals),
    kept: () => read(keptDownloads),
    async clean(turn, id, reason, now) {
      const cleaned = await write(() => clean(turn, id, reason, now));
      return typeof cleaned === 'object' ? withFilesOf(cleaned) : cleaned;
    },
    toRemove: async () => (await read(leftToRemove)).map(withFilesOf),
    filesRemoved: (id) => write(() => filesRemoved(id)),
    letGo: (turn, id, found, message, now) => write(() => letGo(turn, id, found, message, now)),
    failedWork: async (before) => (await read(() => failedWork(before))).map(withFilesOf),
    giveUpWork: async (turn, id, before, now) => (await write(() => giveUpWork(turn, id, before, now)))?.map(fileOf),
    endedBefore: async (before, limit) => (await read(() => ended(before, limit))).map(downloadOf),
    forgetEnded: async (turn, id, before, now) => (await write(() => forgetEnded(turn, id, before, now)))?.map(fileOf),
    stepsGivenUp: async (before) =>
      (await read(() => givenUp(before))).map((row) => ({ downloadId: row.download_id, step: stepOf(row) })),
    workFolders: async () => (await read(() => all(allFolders, {}))).map(({ directory }) => directory),
    whoseWork: (strays) => read(() => whoseWork(strays)),
  };
}

function withFilesOf({ row, files }: RowWithFiles): DownloadWithFiles {
  return { download: downloadOf(row), files: files.map(fileOf) };
}
