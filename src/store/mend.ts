import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Sidecar } from '../downloads/sidecar.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { statistics } from './asking.ts';
import { backupsIn } from './backup.ts';
import { newestSchema } from './migrations/list.ts';
import type { Places } from './places.ts';
import { addRecovered, settleRestored } from './rebuild.ts';
import { migrate, openConnection, schemaOf, sqliteDatabase } from './sqlite.ts';
import { isDamage } from './sqlite-failure.ts';
import { type Suspicion, withdrawReport } from './suspicion.ts';

export interface MendParts {
  readonly path: string;
  readonly backups: string | undefined;
  readonly places: Places;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads the `.part.json` files in these folders; one that cannot be read is left out. */
  readonly recoverFrom: ((directories: readonly string[]) => Promise<readonly Sidecar[]>) | undefined;
}

/**
 * Looks at a suspicious database that nobody else has open. A sound one stays as it is. A damaged or
 * vanished one is set aside, never deleted, and replaced by the newest usable backup, completed from the partials. Tells
 * what a person must know. The replacement is whole before it gets its name, so a crash anywhere in between starts
 * this again.
 */
export async function mend(parts: MendParts, suspicion: Suspicion): Promise<string[]> {
  const damage = suspicion === 'absent' ? lossOf(parts) : damageOf(parts.path);
  if (damage === undefined) {
    withdrawReport(parts.path);
    return suspicion === 'log gone' ? [await completeAfterLostLog(parts)] : [];
  }
  const fresh = `${parts.path}.restoring`;
  removeDatabase(fresh);
  const backup = restoreNewest(parts, fresh);
  const { total, recovered } = await complete(parts, fresh, backup !== undefined);
  sync(fresh);
  const aside = setAside(parts);
  renameSync(fresh, parts.path);
  sync(dirname(parts.path));
  withdrawReport(parts.path);
  const warning = tale(parts.path, damage, aside, backup, total - recovered, recovered);
  parts.log.error({ damage, aside, backup, total, recovered }, 'the database was damaged and has been replaced');
  return [warning];
}

/** True: there was something here before. */
export function isRemembered({ path, backups, places }: Pick<MendParts, 'path' | 'backups' | 'places'>): boolean {
  const asides = existsSync(dirname(path)) ? readdirSync(dirname(path)) : [];
  return (
    places.known().length > 0 ||
    (backups !== undefined && backupsIn(backups).length > 0) ||
    asides.some((name) => name.startsWith(`${basename(path)}.damaged-`))
  );
}

function lossOf(parts: MendParts): string | undefined {
  if (!isRemembered(parts)) return undefined;
  return existsSync(parts.path) ? 'it is empty' : 'it is gone';
}

/** Undefined: sound. Opening it also brings back what its log holds. */
function damageOf(path: string): string | undefined {
  let connection: DatabaseSync | undefined;
  try {
    connection = openConnection(path);
    return checked(connection);
  } catch (error) {
    if (isDamage(error)) return error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    connection?.close();
  }
}

/** As a statement: the table-valued form takes its argument for the name of a table. */
const quickCheck = 'PRAGMA quick_check(1)';

function checked(connection: DatabaseSync): string | undefined {
  const [answer = 'nothing'] = Object.values(connection.prepare(quickCheck).get() ?? {});
  return answer === 'ok' ? undefined : String(answer).split('\n').join(' ');
}

/** Copies the newest backup that is sound and not newer than this program. */
function restoreNewest({ backups, log }: MendParts, target: string): string | undefined {
  for (const backup of backups === undefined ? [] : backupsIn(backups)) {
    try {
      copyFileSync(backup, target);
      chmodSync(target, 0o600);
      if (isUsable(target)) return backup;
      log.warn({ backup }, 'this backup is damaged or newer than this program; an older one is tried');
    } catch (error) {
      if (!isDamage(error)) throw error;
      log.warn({ backup, error }, 'this backup is damaged; an older one is tried');
    }
    removeDatabase(target);
  }
  return undefined;
}

function isUsable(path: string): boolean {
  const connection = new DatabaseSync(path, { readOnly: true });
  try {
    const schema = schemaOf(connection);
    return schema > 0 && schema <= newestSchema && checked(connection) === undefined;
  } finally {
    connection.close();
  }
}

async function complete(parts: MendParts, path: string, restored: boolean) {
  const { clock, places, recoverFrom } = parts;
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
  const connection = openConnection(path);
  try {
    migrate(connection, path, clock.now());
    const database = sqliteDatabase(connection, { path, clock, patience: 0 });
    if (restored) await database.write(() => settleRestored(clock.now()));
    const sidecars = recoverFrom ? await recoverFrom(places.known()) : [];
    const recovered = await database.write(() => addRecovered(sidecars, clock.now()));
    const { total } = await database.read(statistics);
    return { total, recovered };
  } finally {
    connection.close();
  }
}

async function completeAfterLostLog(parts: MendParts): Promise<string> {
  parts.log.error({ path: parts.path }, 'the log of the database was taken away while it held changes');
  const { recovered } = await complete(parts, parts.path, true);
  rmSync(`${parts.path}-shm`, { force: true });
  return `the database's log (${parts.path}-wal) is missing, and with it what was recorded last; ${recoveredWords(recovered)}`;
}

/** Undefined: there was nothing to set aside. */
function setAside({ path, clock }: MendParts): string | undefined {
  const aside = `${path}.damaged-${fileTime(clock.now())}`;
  for (const ending of ['-wal', '-shm', '']) {
    if (existsSync(path + ending)) renameSync(path + ending, aside + ending);
  }
  return existsSync(aside) ? aside : undefined;
}

function tale(
  path: string,
  damage: string,
  aside: string | undefined,
  backup: string | undefined,
  restored: number,
  recovered: number,
): string {
  const source = backup
    ? `it was restored from the backup ${basename(backup)} (${downloads(restored)}; what was added or finished after that is not in it)`
    : 'there was no usable backup, so it begins anew';
  return [
    `the database was damaged (${path}: ${damage})`,
    ...(aside ? [`the damaged file is kept as ${aside}`] : []),
    source,
    recoveredWords(recovered),
  ].join('; ');
}

function recoveredWords(recovered: number): string {
  if (recovered === 0) return 'no further downloads were found by their partial files';
  return `${downloads(recovered)} found by their partial files, which are fetched from the beginning again`;
}

const downloads = (count: number) => (count === 1 ? '1 download' : `${count} downloads`);

const fileTime = (at: number) => new Date(at).toISOString().replaceAll(/[:.]/g, '-');

function removeDatabase(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
}

function sync(path: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
