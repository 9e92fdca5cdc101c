import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { Failure } from '../downloads/failure.ts';
import { createDeadline, extendDeadline, momentOn } from '../time/deadline.ts';
import type { Disk, OpenFile } from './disk.ts';
import { diskBehind, leasedDisk } from './leased-disk.ts';

/** A disk that only notes what reaches it. */
function notingDisk(noted: string[]): Disk {
  const note = (name: string) => (): never => {
    noted.push(name);
    return undefined as never;
  };
  const noting = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, note(name)]));
  const file = noting([
    'write',
    'writeAside',
    'read',
    'size',
    'truncate',
    'syncData',
    'sync',
    'close',
  ]) as unknown as OpenFile;
  const names = ['facts', 'readText', 'writeText', 'link', 'rename', 'remove', 'makeDirectory', 'syncDirectory'];
  return { ...noting([...names, 'list', 'space']), create: () => file, open: () => file } as unknown as Disk;
}

const changes = ['writeText', 'link', 'rename', 'remove', 'makeDirectory', 'create', 'write', 'writeAside', 'truncate'];
const harmless = ['facts', 'readText', 'syncDirectory', 'list', 'space', 'read', 'size', 'syncData', 'sync', 'close'];

test('past the deadline nothing that changes the disk gets through, and it can still be read and synced', async () => {
  const clock = manualClock();
  const noted: string[] = [];
  const deadline = createDeadline(momentOn(clock), 1000);
  const disk = leasedDisk(notingDisk(noted), deadline, clock);
  const file = disk.open('/a') as unknown as Record<string, () => unknown>;
  const call = async (name: string) => {
    const side = (name in disk ? disk : file) as unknown as Record<string, () => unknown>;
    return side[name]?.();
  };
  for (const name of [...changes, ...harmless]) await call(name);
  assert.deepEqual(
    noted,
    [...changes, ...harmless].filter((name) => name !== 'create'),
  );

  noted.length = 0;
  await clock.advance(1000);
  for (const name of changes)
    await assert.rejects(call(name), (error) => error instanceof Failure && error.class === 'lost', name);
  for (const name of harmless) await call(name);
  assert.deepEqual(noted, harmless);

  extendDeadline(deadline, momentOn(clock), 1000);
  for (const name of changes) await call(name);
});

test('without a deadline it is the disk itself, and with one the disk behind it is known', () => {
  const clock = manualClock();
  const disk = notingDisk([]);
  assert.equal(leasedDisk(disk, undefined, clock), disk);
  assert.equal(diskBehind(leasedDisk(disk, createDeadline(momentOn(clock), 1), clock)), disk);
  assert.equal(diskBehind(disk), disk);
});
