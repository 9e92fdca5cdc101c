import { dirname } from 'node:path';
import type { Disk } from '../disk/disk.ts';
import { bytesText } from '../downloads/words.ts';
import type { Examined, ExaminedServer } from '../store/examine.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { Check } from './check.ts';
import { clockCheck, folderCheck, type Probed, type Tool, toolCheck } from './doctor-machine.ts';
import type { Living } from './parts.ts';

/** What the doctor looks at. Each part may throw: the message becomes its line. */
export interface DoctorParts {
  readonly clock: Clock;
  readonly disk: Pick<Disk, 'space' | 'facts'>;
  /** `24.15.0` */
  readonly nodeVersion: string;
  /** Throws `ConfigError`. */
  config(): Promise<{
    readonly file: string;
    readonly found: boolean;
    readonly warnings: readonly string[];
    /** Absolute path. */
    readonly downloads: string;
    /** What else must be written to, by name; absolute paths. */
    readonly folders: Readonly<Record<string, string>>;
  }>;
  /** Writes a file in the folder, or in the nearest one above it that is there, and removes it; throws where it cannot. */
  probe(folder: string): Promise<Probed>;
  /** Tries whether processes can meet at a socket, and tells where; throws where they cannot. */
  sockets(): Promise<string>;
  tools(): Promise<readonly Tool[]>;
  /** Asked before the store is opened, because opening may repair; throws `StoreFailure`. */
  database(): Promise<Examined | ExaminedServer>;
  /** The open store and who lives in it; throws `StoreFailure`. */
  instances(): Promise<{
    readonly store: Pick<Store, 'instances' | 'list'>;
    readonly living: Pick<Living, 'isAlive'>;
    readonly warnings: readonly string[];
  }>;
}

const leastNode = [24, 15] as const;
const leastSqlite = [3, 51, 3] as const;
/** Bytes. */
const littleSpace = 1_000_000_000;
const mostHeld = 1000;
/** Between this machine and the database server, seconds. */
const mostClockDifference = 10;

/** Looks at everything that keeps downloads from finishing. Never throws. */
export async function doctor(parts: DoctorParts): Promise<Check[]> {
  const configured = await attempt(() => parts.config());
  const found = [nodeCheck(parts.nodeVersion), clockCheck(parts.clock)];
  if ('error' in configured) return [...found, bad('configuration', sentenceOf(configured.error))];
  return [
    ...found,
    configCheck(configured.value),
    await spaceCheck(parts, configured.value.downloads),
    ...(await folderChecks(parts, { downloads: configured.value.downloads, ...configured.value.folders })),
    ...(await checked('sockets', async () => [ok('sockets', `${await parts.sockets()}; no port is listened on`)])),
    ...(await checked('database', async () => databaseChecks(await parts.database(), parts.clock.now()))),
    ...(await checked('instances', async () => holdersCheck(await parts.instances()))),
    ...(await checked('tools', async () => (await parts.tools()).map(toolCheck))),
  ];
}

/** The lines of one part; where it throws, its message. */
async function checked(name: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  const result = await attempt(look);
  return 'error' in result ? [bad(name, sentenceOf(result.error))] : result.value;
}

function nodeCheck(version: string): Check {
  return atLeast(version, leastNode)
    ? ok('node', version)
    : bad('node', `${version} is too old; install Node ${leastNode.join('.')} or newer`);
}

function configCheck({ file, found, warnings }: Awaited<ReturnType<DoctorParts['config']>>): Check {
  if (warnings.length > 0) return { name: 'configuration', state: 'warning', text: warnings.join('; ') };
  return ok('configuration', found ? file : `defaults (there is no ${file})`);
}

/** Of the folder downloads go to, or the nearest one above it that is there. */
async function spaceCheck({ disk }: DoctorParts, folder: string): Promise<Check> {
  const result = await attempt(async () => {
    let there = folder;
    while (!(await disk.facts(there)) && dirname(there) !== there) there = dirname(there);
    return disk.space(there);
  });
  if ('error' in result) return bad('disk space', `${folder}: ${sentenceOf(result.error)}`);
  const { free, total } = result.value;
  const text = `${bytesText(free)} of ${bytesText(total)} free at ${folder}`;
  return free >= littleSpace
    ? ok('disk space', text)
    : { name: 'disk space', state: 'warning', text: `${text}; make room, downloads wait when it gets short` };
}

async function folderChecks(parts: DoctorParts, folders: Readonly<Record<string, string>>): Promise<Check[]> {
  const lines: Check[] = [];
  for (const [name, folder] of Object.entries(folders)) {
    const line = `folder: ${name}`;
    lines.push(...(await checked(line, async () => [folderCheck(line, folder, await parts.probe(folder))])));
  }
  return lines;
}

function databaseChecks(examined: Examined | ExaminedServer, now: number): Check[] {
  if (!('place' in examined)) return fileChecks(examined);
  const { postgres, place, schema } = examined;
  const found = [ok('database', `PostgreSQL ${postgres} at ${place}, schema ${schema}`)];
  const seconds = Math.round((now - examined.now) / 1000);
  if (Math.abs(seconds) < mostClockDifference) return found;
  const text = `this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the database's; leases go by that one, set this one`;
  return [...found, { name: 'clock', state: 'warning', text }];
}

function fileChecks({ file, found, schema, sqlite, problems }: Examined): Check[] {
  const version = atLeast(sqlite, leastSqlite)
    ? ok('sqlite', sqlite)
    : bad(
        'sqlite',
        `${sqlite} can damage a database in a crash; use a Node that brings SQLite ${leastSqlite.join('.')} or newer`,
      );
  if (!found) return [version, ok('database', `there is none yet; the first download makes ${file}`)];
  const [first, ...more] = problems;
  if (first === undefined) return [version, ok('database', `${file}, schema ${schema}, sound`)];
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  return [
    version,
    bad('database', `${file} is damaged (${first}${others}); the next start repairs it from the newest backup`),
  ];
}

async function holdersCheck({
  store,
  living,
  warnings,
}: Awaited<ReturnType<DoctorParts['instances']>>): Promise<Check[]> {
  const rows = await store.instances();
  const alive = await Promise.all(rows.map((row) => living.isAlive(row)));
  const running = rows.filter((_, n) => alive[n]);
  const held = await store.list({ statuses: ['downloading', 'processing'], limit: mostHeld });
  const stale = held.filter(({ lockedBy }) => !running.some(({ uid }) => uid === lockedBy));
  const found = warnings.map((text): Check => ({ name: 'database', state: 'warning', text }));
  if (stale.length === 0) {
    const who = running.map(({ role, pid, host }) => `${role} (process ${pid} on ${host})`).join(', ');
    return [...found, ok('instances', who === '' ? 'nobody is running, and nothing is held' : who)];
  }
  const ids = [...stale.slice(0, 5).map(({ id }) => id), ...(stale.length > 5 ? ['…'] : [])].join(', ');
  const subject = stale.length === 1 ? `1 download (${ids}) is` : `${stale.length} downloads (${ids}) are`;
  const text = `${subject} held by a process that is gone; go on with: longhaul resume-downloads`;
  return [...found, { name: 'instances', state: 'warning', text }];
}

function atLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [n, wanted] of least.entries()) {
    const part = parts[n] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

async function attempt<Value>(
  run: () => Promise<Value>,
): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

function ok(name: string, text: string): Check {
  return { name, state: 'ok', text };
}

function bad(name: string, text: string): Check {
  return { name, state: 'bad', text };
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
