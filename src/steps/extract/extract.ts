import { basename, dirname, join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { removeTree } from '../../disk/remove-tree.ts';
import { safeName } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';
import type { StepParts } from '../parts.ts';
import type { Step, StepContext, StepFile, StepKind, StepReport } from '../step.ts';
import { type ArchiveFiles, archivesAmong } from './archives.ts';
import { Budget } from './budget.ts';
import { type ArchiveReader, suspect } from './entry.ts';
import { sniff } from './format.ts';
import { openPacked } from './packed.ts';
import { openRar } from './rar.ts';
import { type Left, leftFrom, makeDurable, markFor } from './resume.ts';
import { openSevenZip } from './seven-zip.ts';
import { namesOf, settle } from './staging.ts';
import { findTools, type Tools } from './tools.ts';
import { type Extracted, type Unpacked, unpack } from './unpack.ts';
import { openZip, UnknownMethod } from './zip.ts';

type Parts = Pick<StepParts, 'config' | 'disk' | 'clock'>;

/** `extract`: every archive among the files, each into a folder of its name, or as the one file that it holds. */
export function extractKind(parts: Parts): StepKind {
  return {
    kind: 'extract',
    example: 'extract',
    make(options) {
      if (options === '') return extractStep(parts);
      throw new Failure('link', `extract takes no options; it was given "${options}"`);
    },
  };
}

function extractStep(parts: Parts): Step {
  return {
    kind: 'extract',
    async run(context, mark, report, signal) {
      const archives = archivesAmong(context.files.map(({ path }) => path));
      if (archives.length === 0) return { note: 'nothing to extract: no archive is among the files' };
      const { extract } = parts.config;
      const { clock } = parts;
      const tools = findTools({ clock, sevenZip: extract.seven_zip, unar: extract.unar, cwd: context.work, signal });
      const passwords = await passwordsOf(parts);
      const { disk } = parts;
      const { work } = context;
      const stamp = stampOf(context.files);
      const left = await onDisk(work, () => leftFrom(disk, work, isOf(mark, stamp) ? mark.left : undefined));
      const done = [...left.done];
      const taken = namesOf(
        work,
        done.flatMap((unpacked) => unpacked.files),
      );
      const keep = (now: Left) => report.mark({ stamp, left: markFor(work, now) });
      for (const [place, archive] of archives.entries()) {
        if (place < left.done.length) continue;
        const before = place === left.done.length ? left.open : undefined;
        const checkpoint = async (open: Extracted) => {
          await makeDurable(
            disk,
            work,
            open.files.map(({ path }) => path),
          );
          await keep({ done, open });
        };
        const unpacked = await named(archive, () =>
          extractOne(parts, { archive, place, taken, context, report, tools, passwords, before, checkpoint, signal }),
        );
        done.push(unpacked);
        if (place === archives.length - 1) continue;
        await makeDurable(
          disk,
          work,
          unpacked.files.map(({ path }) => path),
        );
        await keep({ done, open: undefined });
      }
      const made = done.flatMap(({ files }) => files.map(({ path, size }) => ({ path, size, main: false })));
      const links = done.reduce((sum, unpacked) => sum + unpacked.links, 0);
      const packed = new Set(archives.flatMap((archive) => archive.parts));
      const kept = context.files.filter(({ path }) => !packed.has(path)).map((file) => ({ ...file, main: false }));
      return { files: withMain([...made, ...kept]), note: noteOf(made.length, archives.length, links) };
    },
  };
}

/** What was extracted is of these files as they were. */
function stampOf(files: readonly StepFile[]): string {
  return JSON.stringify(files.map(({ path, size }) => [path, size]));
}

function isOf(mark: unknown, stamp: string): mark is { readonly left: unknown } {
  return typeof mark === 'object' && mark !== null && 'stamp' in mark && mark.stamp === stamp && 'left' in mark;
}

/** One a line, in the order in which they are tried. Throws `Failure('refused')` where the file cannot be read. */
async function passwordsOf({ config, disk }: Parts): Promise<readonly string[]> {
  const { password_file } = config.extract;
  if (password_file === undefined) return [];
  const text = await disk.readText(password_file).catch(() => undefined);
  if (text === undefined) {
    throw new Failure('refused', `the file ${password_file}, which extract.password_file names, cannot be read`);
  }
  return [...new Set(text.split(/\r?\n/).filter((line) => line !== ''))];
}

interface One {
  readonly archive: ArchiveFiles;
  readonly place: number;
  readonly taken: Set<string>;
  readonly context: StepContext;
  readonly report: StepReport;
  readonly tools: Tools;
  readonly passwords: readonly string[];
  readonly before: Extracted | undefined;
  readonly checkpoint: (extracted: Extracted) => Promise<void>;
  readonly signal: AbortSignal;
}

async function extractOne(parts: Parts, one: One): Promise<Unpacked> {
  const { disk, config } = parts;
  const { archive, context, report, tools, passwords, before, checkpoint, signal } = one;
  if (archive.missing.length > 0) throw suspect(`is not whole: ${archive.missing.slice(0, 3).join(', ')} is missing`);
  const packed = context.files
    .filter(({ path }) => archive.parts.includes(path))
    .reduce((sum, { size }) => sum + size, 0);
  const staging = join(context.work, `.s${one.place}`);
  await disk.makeDirectory(staging);
  const budget = new Budget(config.extract, packed, { disk, folder: staging, headroom: config.space.headroom });
  const reader = await open(disk, archive, { tools, passwords, mostEntries: config.extract.max_entries });
  try {
    const total = reader.declared ?? (reader.consumed ? packed : null);
    const onBytes = (bytes: number) => {
      const current = reader.declared === undefined && reader.consumed ? reader.consumed() : bytes;
      report.progress({
        current: total === null ? current : Math.min(current, total),
        total,
        unit: 'bytes',
        message: basename(archive.first),
      });
    };
    const mode = Number.parseInt(config.downloads.file_mode, 8);
    const settling = { staging, work: context.work, stem: safeName(archive.stem), taken: one.taken };
    const unpacked = await unpack(reader, staging, { disk, budget, mode, onBytes, before, checkpoint, signal });
    return { ...unpacked, files: await settle(disk, settling, unpacked.files) };
  } catch (error) {
    // Nobody goes on with a bomb.
    if (error instanceof Failure && error.class === 'suspect') await removeTree(disk, staging).catch(() => {});
    throw error;
  } finally {
    await reader.close();
  }
}

interface Opening {
  readonly tools: Tools;
  readonly passwords: readonly string[];
  readonly mostEntries: number;
}

async function open(
  disk: Disk,
  archive: ArchiveFiles,
  { tools, passwords, mostEntries }: Opening,
): Promise<ArchiveReader> {
  const format = await onDisk(archive.first, () => sniff(disk, archive.first));
  if (format === undefined)
    throw suspect('is no archive of a kind that Longhaul knows (zip, tar, 7z, rar, gz, bz2, xz, zst)');
  if (format === 'rar') return openRar(archive.first, tools);
  if (format === '7z' || (format === 'zip' && archive.parts.length > 1))
    return openSevenZip(archive.first, tools, passwords);
  if (format !== 'zip') return openPacked(format, { parts: archive.parts, stem: archive.stem }, tools);
  try {
    return await openZip(archive.first, { mostEntries, hasPasswords: passwords.length > 0 });
  } catch (error) {
    if (error instanceof UnknownMethod) return openSevenZip(archive.first, tools, passwords);
    throw error;
  }
}

/** Says of which archive a failure speaks. */
async function named<T>(archive: ArchiveFiles, work: () => Promise<T>): Promise<T> {
  try {
    return await onDisk(join(dirname(archive.first), '.'), work);
  } catch (error) {
    if (!(error instanceof Failure) || error.class === 'disk' || error.class === 'program') throw error;
    throw new Failure(error.class, `${basename(archive.first)} ${error.message}`, { cause: error, retry: error.retry });
  }
}

/** The largest is the main one. */
function withMain(files: readonly StepFile[]): readonly StepFile[] {
  const largest = files.reduce((most, { size }) => Math.max(most, size), 0);
  const main = files.findIndex(({ size }) => size === largest);
  return files.map((file, place) => ({ ...file, main: place === main }));
}

function noteOf(files: number, archives: number, links: number): string {
  const from = archives === 1 ? '' : ` from ${archives} archives`;
  const left = links === 0 ? '' : `; ${links} symbolic ${links === 1 ? 'link was' : 'links were'} left out`;
  return `extracted ${files} ${files === 1 ? 'file' : 'files'}${from}${left}`;
}
