import { dirname } from 'node:path';
import { Failure } from '../downloads/failure.ts';

/** Node names neither: errno(3) of Linux. */
const EDQUOT = -122;
const ESTALE = -116;

type Errno = NodeJS.ErrnoException;

/**
 * What the platform said about a file, as a `Failure` with one sentence and the next step. What is
 * no file error comes back as it is.
 */
export function diskFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const { code, errno } = error as Errno;
  const folder = dirname(path);
  if (code === 'ENOSPC' || errno === EDQUOT) {
    const what = errno === EDQUOT ? 'the disk quota is used up' : 'the disk is full';
    return new Failure('no_space', `${what} in ${folder}; it goes on by itself when there is space`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure('disk', `no permission to write in ${folder}; choose another folder with -d`, { cause: error });
  }
  if (code === 'EROFS') {
    return new Failure('disk', `${folder} is on a read-only disk; choose another folder with -d`, { cause: error });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
    return new Failure('disk', `${folder} cannot be used as a folder: a file is in the way; choose another with -d`, {
      cause: error,
    });
  }
  if (code === 'EINVAL') {
    return new Failure('disk', `${folder} is no place for files; choose another folder with -d`, { cause: error });
  }
  if (code === 'ENAMETOOLONG') {
    return new Failure('disk', `the path is too long for this disk: ${path}; choose a shorter one with -o or -d`, {
      cause: error,
    });
  }
  if (code === 'ELOOP') {
    return new Failure('disk', `${path} is a symbolic link; Longhaul does not write through links`, { cause: error });
  }
  if (code === 'ENOENT') {
    return new Failure('disk', `${path} is gone; longhaul retry starts it over`, { cause: error });
  }
  if (code === 'EFBIG') {
    return new Failure('disk', `${folder} takes no file as large as this (FAT takes 4 GB); choose another with -d`, {
      cause: error,
    });
  }
  if (code === 'EIO' || errno === ESTALE || code === 'ENXIO') {
    return new Failure('disk', `the disk reported an error (${code ?? errno}) at ${path}; check the disk`, {
      cause: error,
      retry: { when: 'now' },
    });
  }
  return error;
}

/** Runs `work` on `path`; file errors come out as `Failure`. */
export async function onDisk<T>(path: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error, path);
  }
}
