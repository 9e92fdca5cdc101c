import { dirname, join } from 'node:path';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { type Headroom, type Space, spaceOn } from '../disk/space.ts';
import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { Room, WaitedRoom } from '../store/queue-facts.ts';
import type { DoingStore } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { shareRoom } from './kept-room.ts';

/** Who needs room on a volume: a run. */
export interface RoomNeeded {
  readonly claim: { readonly download: Download };
  /** Bytes it has still to write, now; 1 where nobody knows how many. */
  missing(): number;
}

/**
 * Who was promised how much room on which volume. What a download needs is promised to it before its first byte
 * and as long as it runs, so that of two large ones that do not fit together only one begins.
 */
export interface Volumes {
  /**
   * Promises the room that a run needs beside what all others need that run on this volume (in whatever process),
   * and beside the headroom; to one that has not begun, also beside what those need that have and wait for space.
   * Asked again, it promises anew. Throws `Failure('no_space')`.
   */
  reserve(run: RoomNeeded): Promise<void>;
  /** It needs no more. Harmless when it was promised nothing. */
  release(run: RoomNeeded): void;
  /** A download for this folder met the end of the space: from now on `rooms` tells of it. */
  ranOut(directory: string): Promise<void>;
  /** True when space has run out there since this process began. */
  isShort(directory: string): boolean;
  /** The folders where it ran out, with the room that is there now. */
  rooms(): Promise<ReadonlyMap<string, Room>>;
}

export interface VolumesParts {
  readonly disk: Disk;
  readonly store: Pick<DoingStore, 'neededElsewhere' | 'roomWaitedFor'>;
  /** This instance's uid. */
  readonly instance: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Read at each look: it may change. */
  readonly headroom: Headroom;
}

/** A look that found more room than `wideRoom` holds for downloads of at most `small` bytes for so many ms. */
const trustedFor = 1000;
const wideRoom = 2 ** 30;
const small = 1 << 20;

export function createVolumes(parts: VolumesParts): Volumes {
  const { disk, store, clock } = parts;
  const promised = new Map<RoomNeeded, number>();
  /** The device of each folder where space ran out. */
  const short = new Map<string, number>();
  const wide = wideFolders(clock);

  return {
    async reserve(run) {
      const { download } = run.claim;
      const known = wide.take(download.directory, run.missing());
      if (known !== undefined) return void promised.set(run, known);
      const { place, device } = await placeOf(disk, download.directory);
      const elsewhere = await neededElsewhere(parts, device, (row) => isBefore(row, download));
      const begins = download.bytesDownloaded === 0;
      const waited = begins && short.size > 0 ? await store.roomWaitedFor() : [];
      const space = await spaceOn(disk, place, parts.headroom);
      // No await from here on: of two that ask at the same time, one sees what the other was promised.
      const others = elsewhere + promisedOn(device, run);
      const needed = run.missing();
      const { begun, fresh } = shareRoom(roomIn(space, others), waitedOn(device, waited));
      if (needed > 0 && needed > fresh) {
        promised.delete(run);
        short.set(download.directory, device);
        throw noRoom(download, space, { others, waiting: begun - fresh }, needed);
      }
      promised.set(run, device);
      wide.learn(download.directory, device, roomIn(space, others) - needed);
    },
    release: (run) => void promised.delete(run),
    async ranOut(directory) {
      wide.clear();
      const { device } = await placeOf(disk, directory);
      short.set(directory, device);
    },
    isShort: (directory) => short.has(directory),
    async rooms() {
      const rooms = new Map<string, Room>();
      const waited = short.size === 0 ? [] : await store.roomWaitedFor();
      for (const [directory, device] of short) {
        const room = await roomNow(directory, device);
        if (room === undefined) short.delete(directory);
        else rooms.set(directory, shareRoom(room, waitedOn(device, waited)));
      }
      return rooms;
    },
  };

  /** Undefined when the folder cannot be asked: whoever begins there finds out why. */
  async function roomNow(directory: string, device: number): Promise<number | undefined> {
    try {
      const { place } = await placeOf(disk, directory);
      const elsewhere = await neededElsewhere(parts, device, () => true);
      return roomIn(await spaceOn(disk, place, parts.headroom), elsewhere + promisedOn(device));
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  function promisedOn(device: number, except?: RoomNeeded): number {
    let sum = 0;
    for (const [run, on] of promised) if (on === device && run !== except) sum += run.missing();
    return sum;
  }

  /** In folders where space ran out in the sight of this process. */
  function waitedOn(device: number, waited: readonly WaitedRoom[]): readonly WaitedRoom[] {
    return waited.filter(({ directory }) => short.get(directory) === device);
  }
}

/** By other processes, on this volume; of which rows, `counts` says. */
async function neededElsewhere(
  { disk, store, instance }: VolumesParts,
  device: number,
  counts: (row: Claimed) => boolean,
): Promise<number> {
  const isThere = (directory: string) =>
    placeOf(disk, directory).then(
      (place) => place.device === device,
      () => false,
    );
  let sum = 0;
  for (const row of await store.neededElsewhere(instance)) {
    if (counts(row) && (await isThere(row.directory))) sum += row.bytes;
  }
  return sum;
}

/** Folders with so much room that a small download need not look again for a moment. */
function wideFolders(clock: VolumesParts['clock']) {
  const known = new Map<string, { readonly device: number; room: number; readonly until: number }>();
  return {
    /** The device, where so many bytes are promised without a look. */
    take(directory: string, bytes: number): number | undefined {
      const folder = known.get(directory);
      if (!folder || bytes > small || clock.monotonic() >= folder.until) return undefined;
      if (folder.room - bytes < wideRoom) return undefined;
      folder.room -= bytes;
      return folder.device;
    },
    learn(directory: string, device: number, room: number): void {
      known.set(directory, { device, room, until: clock.monotonic() + trustedFor });
    },
    clear: () => known.clear(),
  };
}

type Claimed = Pick<Download, 'id' | 'lockedAt'>;

/** Of two processes that ask at the same time, only the later one gives way. */
function isBefore(row: Claimed, other: Claimed): boolean {
  const [at, otherAt] = [row.lockedAt ?? 0, other.lockedAt ?? 0];
  return at < otherAt || (at === otherAt && row.id < other.id);
}

function roomIn({ free, headroom }: Space, promised: number): number {
  return free - headroom - promised;
}

/** The folder itself, or the nearest one above it that is there already. */
async function placeOf(disk: Disk, directory: string): Promise<{ place: string; device: number }> {
  for (let place = directory; ; place = dirname(place)) {
    const facts = await onDisk(join(place, '.'), () => disk.facts(place));
    if (facts || place === dirname(place)) return { place, device: facts?.device ?? 0 };
  }
}

function noRoom(
  { directory, totalBytes }: Download,
  { free, headroom }: Space,
  { others, waiting }: { readonly others: number; readonly waiting: number },
  needed: number,
): Failure {
  const uses = [
    ...(needed > 1 || totalBytes !== null ? [`this needs ${megabytes(needed)}`] : []),
    ...(others > 0 ? [`others that run there need ${megabytes(others)}`] : []),
    ...(waiting > 0 ? [`others that have begun wait for ${megabytes(waiting)}`] : []),
    ...(headroom > 0 ? [`${megabytes(headroom)} shall stay free`] : []),
  ];
  const facts = [`${directory} has ${megabytes(free)} free`, ...uses].join(', ');
  return new Failure('no_space', `${facts}; it goes on by itself when there is space`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
