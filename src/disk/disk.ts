/**
 * The port for all file work of downloads; the real disk and a simulated one (power loss, full
 * disk) stand behind it. Paths are absolute. Errors are the platform's `ErrnoException`, turned
 * into a `Failure` by `diskFailure` where a person will read them.
 *
 * Promises:
 * - nothing is durable before `syncData`/`sync` of its file, and no name before `syncDirectory`;
 * - a failed sync is never retried: what was written since the last good one counts as lost;
 * - `create` and `link` never replace a file that is there (EEXIST).
 */
export interface Disk {
  /** A new file, `O_EXCL|O_NOFOLLOW`, mode 0640 or the one given, less the umask. */
  create(path: string, mode?: number): OpenFile;
  /** An existing regular file for reading and writing, or only for reading; never through a symbolic link. */
  open(path: string, how?: 'read'): OpenFile;
  /** Undefined when nothing has that name; does not follow symbolic links. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** A whole small text file; undefined when it is not there. */
  readText(path: string): Promise<string | undefined>;
  /** Writes a small file as a whole: under `temporaryFor(path)`, sync, rename. Its name is durable, and all others in that folder. */
  writeText(path: string, text: string | Uint8Array, mode: number): Promise<void>;
  /** A second name for the same file; EEXIST when `to` is taken, ENOTSUP/EPERM where there are no links. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** No error when it is gone already. */
  remove(path: string): Promise<void>;
  /** A folder with all that is in it, never what a link in it leads to; no error when it is gone already. */
  removeTree(path: string): Promise<void>;
  /** Permissions of a file, less the umask. */
  setMode(path: string, mode: number): Promise<void>;
  /** With the folders above it that are missing; all these names are durable when it returns, whoever made the folders. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** An empty directory; no error when it is gone already, ENOTEMPTY when it is not empty. */
  removeDirectory(path: string): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<string[]>;
  space(path: string): Promise<{ readonly free: number; readonly total: number }>;
}

export interface FileFacts {
  readonly size: number;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  /** Same device and inode: the same file under two names. */
  readonly device: number;
  readonly inode: number;
  readonly modifiedAt: number;
}

export interface OpenFile {
  /** Synchronous; loops on short writes until all of `[offset, offset + length)` stands at `position`. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): void;
  /** The same off the main thread, for who works there. */
  writeAside(buffer: Uint8Array, offset: number, length: number, position: number): Promise<void>;
  /** Reads up to `length` bytes; fewer only at the end of the file. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  size(): Promise<number>;
  /** As they are now, whatever name the file has. */
  facts(): Promise<FileFacts>;
  truncate(size: number): Promise<void>;
  /** fdatasync, off the main thread. */
  syncData(): Promise<void>;
  /** fsync, off the main thread. */
  sync(): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}
