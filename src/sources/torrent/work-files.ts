import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../config/make-folder.ts';
import type { Disk, OpenFile } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { type ResumeRecord, readRecord, recordText } from './resume-record.ts';

const privateMode = 0o600;
const entryBytes = 4;

/** The work files of one torrent in one place: its record, and which pieces were written since it began. */
export class WorkFiles {
  readonly #disk: Disk;
  readonly #base: string;
  #journal: OpenFile | undefined;
  #entries = 0;

  /** `place`: where it is delivered; the same torrent may be in two. */
  constructor(disk: Disk, folder: string, infoHash: string, place: string) {
    this.#disk = disk;
    this.#base = join(folder, `${infoHash}-${createHash('sha256').update(place).digest('hex').slice(0, 8)}`);
  }

  get spillPath(): string {
    return `${this.#base}.spill`;
  }

  async record(): Promise<ResumeRecord | undefined> {
    return readRecord(await this.#disk.readText(this.#recordPath).catch(() => undefined));
  }

  async writeRecord(record: ResumeRecord): Promise<void> {
    await onDisk(this.#recordPath, () => this.#disk.writeText(this.#recordPath, recordText(record), privateMode));
  }

  /** The pieces that an earlier run wrote, as far as it could say so; then the journal begins anew. */
  async begin(): Promise<Set<number>> {
    return onDisk(this.#journalPath, async () => {
      makeFolder(dirname(this.#base));
      const facts = await this.#disk.facts(this.#journalPath);
      const bytes = facts ? await readWhole(this.#disk, this.#journalPath, facts.size) : new Uint8Array(0);
      const whole = Buffer.from(bytes.buffer, 0, bytes.length - (bytes.length % entryBytes));
      const pieces = new Set<number>();
      for (let at = 0; at < whole.length; at += entryBytes) pieces.add(whole.readUInt32LE(at));
      this.#journal = facts ? this.#disk.open(this.#journalPath) : this.#disk.create(this.#journalPath, privateMode);
      await this.#journal.truncate(0);
      return pieces;
    });
  }

  /** Not made durable: it is for a process that was killed. After a power loss such pieces are fetched again. */
  note(piece: number): void {
    const entry = Buffer.alloc(entryBytes);
    entry.writeUInt32LE(piece);
    this.#journal?.write(entry, 0, entryBytes, this.#entries * entryBytes);
    this.#entries += 1;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }

  /** All is delivered: nothing of it is needed any more. Idempotent. */
  async remove(): Promise<void> {
    await this.close();
    for (const path of [this.spillPath, this.#journalPath, this.#recordPath]) {
      await onDisk(path, () => this.#disk.remove(path));
    }
  }

  get #recordPath(): string {
    return `${this.#base}.json`;
  }

  get #journalPath(): string {
    return `${this.#base}.pieces`;
  }
}

/** How long work files of torrents stay that nobody comes back to, ms: a download that was cancelled, say. */
const keptFor = 30 * 86_400_000;
const workFile = /^[0-9a-f]{40}-[0-9a-f]{8}\.(?:json|pieces|spill)$/;

/** Removes work files that were not written to for a month. Without them a torrent goes on as well. Never rejects. */
export async function removeOldWork(disk: Disk, folder: string, now: number): Promise<void> {
  const names = await disk.list(folder).catch(() => []);
  for (const path of names.filter((name) => workFile.test(name)).map((name) => join(folder, name))) {
    const facts = await disk.facts(path).catch(() => undefined);
    if (facts?.isFile && now - facts.modifiedAt > keptFor) await disk.remove(path).catch(() => {});
  }
}

async function readWhole(disk: Disk, path: string, size: number): Promise<Uint8Array> {
  const file = disk.open(path);
  try {
    const bytes = new Uint8Array(size);
    const got = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, got);
  } finally {
    await file.close();
  }
}
