import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ConfigError } from './problems.ts';

/** A config file larger than this is a mistake. */
const mostBytes = 1024 * 1024;

/**
 * The text of a config file; undefined when there is none and none was asked for. Throws
 * ConfigError when it cannot be read.
 */
export async function readConfigFile(
  path: string,
  { required }: { readonly required: boolean },
): Promise<string | undefined> {
  if (path === '/dev/null') return '';
  try {
    // Not blocking: opening a named pipe would wait for its writer.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return decode(path, await readAll(path, file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' && !required) return undefined;
    throw unreadable(path, reasons[code] ?? `cannot be read (${code || String(error)})`, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; name another config file, or leave it out',
  EACCES: 'may not be read by this user; change its permissions',
  EPERM: 'may not be read by this user; change its permissions',
  EISDIR: 'is a folder; name the file itself',
  ENOTDIR: 'lies below something that is not a folder',
  ELOOP: 'is a link that leads in a circle',
  ENAMETOOLONG: 'has a name that is too long',
};

async function readAll(path: string, file: FileHandle): Promise<Buffer> {
  const facts = await file.stat();
  if (facts.isDirectory()) throw unreadable(path, reasons.EISDIR ?? '');
  if (!facts.isFile()) throw unreadable(path, 'is not a regular file');
  const buffer = Buffer.alloc(mostBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw unreadable(path, 'is larger than 1 MiB; a config file is a few lines of YAML');
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, 'is not text in UTF-8', error);
  }
}

function unreadable(path: string, allowed: string, cause?: unknown): ConfigError {
  return new ConfigError([{ origin: { kind: 'file', path }, allowed: `the config file ${allowed}` }], { cause });
}
