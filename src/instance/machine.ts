import { execFile } from 'node:child_process';
import { access, constants, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import type { Probed, Tool } from '../commands/doctor-machine.ts';
import { environment, variable } from '../config/environment.ts';
import { makeFolder } from '../config/make-folder.ts';
import type { Clock } from '../time/clock.ts';
import { socketPath } from './living.ts';
import { lifeAt } from './socket.ts';

const run = promisify(execFile);
/** A program that does not tell its version within this, ms, is only there. */
const patience = 3000;

/** Writes a file in the folder, or in the nearest one above it that is there, and removes it. Throws a sentence. */
export async function probeFolder(folder: string, clock: Pick<Clock, 'now'>): Promise<Probed> {
  let place = folder;
  while (dirname(place) !== place && !(await stat(place).catch(() => undefined))) place = dirname(place);
  const path = join(place, `.longhaul-doctor-${uuidv7()}`);
  try {
    await writeFile(path, 'Longhaul looks whether it may write here.\n', { flag: 'wx', mode: 0o600 });
    const now = clock.now();
    const { mtimeMs } = await stat(path);
    await unlink(path);
    return { place, writtenAt: mtimeMs, now };
  } catch (error) {
    await unlink(path).catch(() => {});
    throw new Error(`${folder}: ${unwritable(place, error)}`, { cause: error });
  }
}

function unwritable(place: string, error: unknown): string {
  const why = (error as NodeJS.ErrnoException).code ?? String(error);
  switch (why) {
    case 'ENOSPC':
      return `the disk of ${place} is full; free some space`;
    case 'EROFS':
      return `${place} lies on a read-only disk; set another folder`;
    case 'ENOTDIR':
      return `${place} is no folder; move it away, or set another folder`;
    default:
      return `this user may not write in ${place} (${why}); make it writable, or set another folder`;
  }
}

/** Opens a socket in the folder as an instance does, and asks it whether it lives; returns the folder. */
export async function probeSockets(folder: string, clock: Clock): Promise<string> {
  const uid = uuidv7();
  const path = socketPath(folder, uid);
  const server = createServer((client) => client.end(`"${uid}"\n`));
  try {
    makeFolder(folder);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    if ((await lifeAt(path, uid, clock)) === 'alive') return folder;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no socket can be made in ${folder} (${why}); make it writable, or set LONGHAUL_HOME`, {
      cause: error,
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  throw new Error(`a socket in ${folder} does not answer; set LONGHAUL_HOME to a folder on a local disk`);
}

const programs: readonly (Omit<Tool, 'version'> & { readonly ask?: string })[] = [
  { name: 'ffmpeg', ask: '-version', purpose: 'converting and streams', remedy: 'apt install ffmpeg' },
  { name: 'ffprobe', ask: '-version', purpose: 'the same, to look into films', remedy: 'apt install ffmpeg' },
  // It is not called: each of its commands starts a server of its own.
  { name: 'mega-get', purpose: 'MEGA by way of MEGAcmd', remedy: 'install MEGAcmd from mega.io/cmd' },
  { name: 'rclone', ask: '--version', purpose: 'uploads', remedy: 'apt install rclone' },
  { name: '7zz', purpose: 'extracting 7z archives', remedy: 'apt install 7zip' },
  { name: 'unar', ask: '-version', purpose: 'extracting rar archives', remedy: 'apt install unar' },
  { name: 'xz', ask: '--version', purpose: 'extracting xz archives', remedy: 'apt install xz-utils' },
];

/** The programs that Longhaul may call, with their versions. */
export function findTools(): Promise<Tool[]> {
  const folders = (variable(environment(), 'PATH') ?? '').split(delimiter).filter((folder) => folder !== '');
  return Promise.all(programs.map(async ({ ask, ...tool }) => ({ ...tool, version: await versionOf(tool.name, ask) })));

  async function versionOf(name: string, ask: string | undefined): Promise<string | null | undefined> {
    for (const folder of folders) {
      const path = join(folder, name);
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return ask === undefined ? null : ((await said(path, ask)) ?? null);
    }
    return undefined;
  }
}

async function said(path: string, ask: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, [ask], { timeout: patience });
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}
