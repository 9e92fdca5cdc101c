import { safeName } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';

/** One thing in an archive, as its reader found it: nothing of it is believed yet. */
export interface ArchiveEntry {
  /** As it is written there. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';
  /** Where a link leads, as it is written there; where that stands in the content: undefined. */
  readonly target?: string;
  /** Its bytes, once; must be read before the next entry is asked for. Throws `Failure('suspect')` when damaged. */
  content(): AsyncIterable<Uint8Array>;
}

/** An archive that is being read. */
export interface ArchiveReader {
  /** What it says its files hold, bytes; undefined: it does not say beforehand. */
  readonly declared: number | undefined;
  /** Bytes of the archive that were read; undefined: it is not known. */
  readonly consumed?: () => number;
  /** In their order, once. Throws `Failure`. */
  entries(): AsyncIterable<ArchiveEntry>;
  /** Safe to call at any time and twice. */
  close(): Promise<void>;
}

const mostNameBytes = 2048;
const mostDepth = 64;

/**
 * Where an entry goes below the folder of its archive: safe components, none for the folder itself. Pure. Throws
 * `Failure('suspect')` for a name that would leave the folder: such an archive is no accident.
 */
export function placeOf(name: string): readonly string[] {
  const parts = partsOf(name);
  if (parts === undefined || parts.includes('..')) {
    throw suspect(`holds "${shown(name)}", which would lie outside its folder; nothing of it was extracted`);
  }
  if (Buffer.byteLength(name) > mostNameBytes || parts.length > mostDepth) {
    throw suspect(`holds a path of ${Buffer.byteLength(name)} bytes in ${parts.length} folders, which is too long`);
  }
  return parts.map((part) => safeName(part));
}

/**
 * The components that a symbolic link leads to, seen from the folder of the archive. Pure. Throws `Failure('suspect')`
 * when it leads out of it.
 */
export function checkSymlink(name: string, target: string): void {
  const parts = partsOf(target);
  let depth = placeOf(name).length - 1;
  for (const part of parts ?? []) {
    depth += part === '..' ? -1 : 1;
    if (depth < 0) break;
  }
  if (parts === undefined || depth < 0) {
    throw suspect(
      `holds a link "${shown(name)}" to "${shown(target)}" outside its folder; nothing of it was extracted`,
    );
  }
}

/** Names the archive is yet to be put in front of: `x.zip ${…}`. */
export function suspect(what: string, cause?: unknown): Failure {
  return new Failure('suspect', what, cause === undefined ? {} : { cause });
}

/** Nobody told its password, or it is none of those that are known. */
export function encrypted(): Failure {
  const next = 'write it into the file that extract.password_file names and retry, or extract it by hand';
  return new Failure('refused', `is encrypted, and Longhaul knows no password that fits; ${next}`);
}

/** What a decoder said of bytes that it could not read; what the disk said of itself stays as it is. */
export function damage(error: unknown): unknown {
  if (error instanceof Failure || (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined) return error;
  const why = error instanceof Error ? error.message : String(error);
  return suspect(`is damaged, or not whole: ${shown(why)}`, error);
}

/** As a person may see it: one line, not too long. */
export function shown(name: string): string {
  const line = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

/** Without empty ones and `.`; undefined: an absolute path, or none that a file system takes. */
function partsOf(path: string): readonly string[] | undefined {
  if (/^(?:[/\\]|[a-z]:)/i.test(path) || path.includes('\0')) return undefined;
  return path.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
}
