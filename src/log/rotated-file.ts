import * as fs from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of lines that several processes write at the same time. */
export interface LineFile {
  /** Appends a line; it is with the system when this returns. Throws what the file system says. */
  write(line: string): void;
  close(): void;
}

export interface RotatedFileOptions {
  readonly folder: string;
  /** A full file is put aside when it would grow beyond this. */
  readonly maxBytes: number;
  /** How many full files are kept. */
  readonly keep: number;
  /** Epoch ms, for the names of full files. */
  now(): number;
}

const current = 'longhaul.log';
const aside = /^longhaul-[\w.-]+\.log$/;

/**
 * `longhaul.log` in the folder (0700, files 0600), made at the first line. A full file is renamed to
 * a name nobody else takes, and each process looks before each line whether the file it holds is still
 * the current one: so no line is lost, whoever rotates when. Written by us because the ready
 * libraries keep lines in memory, which a killed process loses, and rename over each other's files.
 */
export function rotatedFile(options: RotatedFileOptions): LineFile {
  const path = join(options.folder, current);
  let held: number | undefined;

  function write(line: string): void {
    const bytes = Buffer.from(line);
    if (held !== undefined && !isCurrent(held, path)) close();
    held ??= openFile(options.folder, path);
    const { size } = fs.fstatSync(held);
    if (size > 0 && size + bytes.length > options.maxBytes && putAside(path, options)) {
      close();
      held = openFile(options.folder, path);
    }
    writeAll(held, bytes);
  }

  function close(): void {
    if (held !== undefined) fs.closeSync(held);
    held = undefined;
  }

  return { write, close };
}

function openFile(folder: string, path: string): number {
  makeFolder(folder);
  // Neither through a link, nor waiting for the reader of a named pipe.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const file = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const facts = fs.fstatSync(file);
  if (!facts.isFile()) {
    fs.closeSync(file);
    throw new Error(`${path} is not a regular file`);
  }
  if ((facts.mode & 0o077) !== 0) quietly(() => fs.fchmodSync(file, 0o600));
  if ((fs.statSync(folder).mode & 0o077) !== 0) quietly(() => fs.chmodSync(folder, 0o700));
  return file;
}

/** With the one above it at most: what is further up is the database's to make, and a recursive mkdir never returns below /proc. */
function makeFolder(folder: string): void {
  for (const path of [dirname(folder), folder]) {
    try {
      if (!fs.existsSync(path)) fs.mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      // Another process was quicker.
      if (!fs.existsSync(path)) throw error;
    }
  }
}

function isCurrent(file: number, path: string): boolean {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  const ours = fs.fstatSync(file);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** False: it could not be renamed (a folder that is read-only by now); then the file simply grows. */
function putAside(path: string, { folder, keep, now }: RotatedFileOptions): boolean {
  const moment = new Date(now()).toISOString().replaceAll(/[:.]/g, '-');
  const unique = process.getBuiltinModule('node:crypto').randomBytes(3).toString('hex');
  const name = `longhaul-${moment}-${process.pid}-${unique}.log`;
  const moved = quietly(() => fs.renameSync(path, join(folder, name)));
  quietly(() => {
    const full = fs
      .readdirSync(folder)
      .filter((entry) => aside.test(entry))
      .sort();
    for (const old of full.slice(0, Math.max(0, full.length - keep)))
      quietly(() => fs.rmSync(join(folder, old), { force: true }));
  });
  return moved;
}

function writeAll(file: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(file, bytes, done);
}

function quietly(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
