import type { Disk } from '../../disk/disk.ts';
import type { Clock } from '../../time/clock.ts';

const looks = 25;
const lookEvery = 200;

/** Removes a folder once qBittorrent has emptied it; what it leaves there stays for a person to look at. */
export async function removeEmptied(disk: Disk, folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    const names = await disk.list(folder).catch(() => undefined);
    if (names === undefined) return;
    if (names.length === 0) return disk.removeDirectory(folder).catch(() => {});
    await clock.sleep(lookEvery, signal);
  }
}
