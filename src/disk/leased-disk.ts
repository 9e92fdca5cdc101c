import { Failure } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import { type Deadline, watchDeadline } from '../time/deadline.ts';
import type { Disk, OpenFile } from './disk.ts';

/** Which disk is behind a leased one. */
const behind = new WeakMap<Disk, Disk>();

/**
 * The disk for one who works under a lease: right before each write, cut, rename, link and removal it looks at the
 * deadline, and past it throws `Failure('lost')` instead. So a process that was stopped for longer than its lease
 * leaves alone what belongs to somebody else by now. Reading and syncing go on: they change nothing.
 */
export function leasedDisk(disk: Disk, deadline: Deadline | undefined, clock: Clock): Disk {
  if (!deadline) return disk;
  const isOver = watchDeadline(deadline, clock);
  const check = (): void => {
    if (isOver()) throw leaseEnded();
  };
  const guarded =
    <Given extends readonly unknown[], Result>(act: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      check();
      return act(...given);
    };
  const leased: Disk = {
    create(path, mode) {
      check();
      return leasedFile(disk.create(path, mode), check);
    },
    open: (path) => leasedFile(disk.open(path), check),
    facts: (path) => disk.facts(path),
    readText: (path) => disk.readText(path),
    writeText: guarded((path, text, mode) => disk.writeText(path, text, mode)),
    link: guarded((from, to) => disk.link(from, to)),
    rename: guarded((from, to) => disk.rename(from, to)),
    remove: guarded((path) => disk.remove(path)),
    removeTree: guarded((path) => disk.removeTree(path)),
    setMode: guarded((path, mode) => disk.setMode(path, mode)),
    makeDirectory: guarded((path) => disk.makeDirectory(path)),
    removeDirectory: guarded((path) => disk.removeDirectory(path)),
    syncDirectory: (path) => disk.syncDirectory(path),
    list: (path) => disk.list(path),
    space: (path) => disk.space(path),
  };
  behind.set(leased, disk);
  return leased;
}

/** The disk itself, where this is one that obeys a lease. */
export function diskBehind(disk: Disk): Disk {
  return behind.get(disk) ?? disk;
}

function leasedFile(file: OpenFile, check: () => void): OpenFile {
  return {
    write(buffer, offset, length, position) {
      check();
      file.write(buffer, offset, length, position);
    },
    async writeAside(buffer, offset, length, position) {
      check();
      await file.writeAside(buffer, offset, length, position);
    },
    read: (buffer, offset, length, position) => file.read(buffer, offset, length, position),
    size: () => file.size(),
    facts: () => file.facts(),
    async truncate(size) {
      check();
      await file.truncate(size);
    },
    syncData: () => file.syncData(),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

function leaseEnded(): Failure {
  return new Failure('lost', 'the lease ended before it was renewed; another instance may have taken over');
}
