import type { Readable } from 'node:stream';
import type { Parser, ReadEntry } from 'tar';
import type { Failure } from '../../downloads/failure.ts';
import { type ArchiveEntry, type ArchiveReader, damage, shown, suspect } from './entry.ts';

const kinds: Readonly<Record<string, ArchiveEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'directory',
  GNUDumpDir: 'directory',
  Link: 'hardlink',
  SymbolicLink: 'symlink',
  CharacterDevice: 'special',
  BlockDevice: 'special',
  FIFO: 'special',
};

const blockBytes = 512;

/**
 * A tar archive out of a stream that is already unpacked. Entries whose bytes it would have to put together (sparse
 * files) make it refuse the archive: half of such a file looks like a whole one. Throws `Failure('suspect')`.
 */
export function tarReader(source: Readable, consumed: () => number): ArchiveReader {
  return { declared: undefined, consumed, entries: () => entriesOf(source), close: async () => void source.destroy() };
}

async function* entriesOf(source: Readable): AsyncIterable<ArchiveEntry> {
  const { Parser } = await import('tar');
  const arrivals = new Arrivals<ReadEntry>();
  const parser = new Parser({ strict: true, maxDecompressionRatio: Number.POSITIVE_INFINITY });
  parser.on('entry', (entry: ReadEntry) => arrivals.add(entry));
  parser.on('ignoredEntry', (entry: ReadEntry) => arrivals.fail(unknown(entry.path)));
  parser.on('error', (error: unknown) => arrivals.fail(damage(error)));
  parser.on('end', () => arrivals.end());
  feed(source, parser).catch((error: unknown) => {
    arrivals.fail(damage(error));
  });
  try {
    for await (const entry of arrivals) {
      if (/(?:^|\/)GNUSparseFile\.\d+\//.test(entry.path)) throw unknown(entry.path);
      let read = false;
      yield {
        name: entry.path,
        kind: kinds[entry.type] ?? 'special',
        ...(entry.linkpath === undefined ? {} : { target: entry.linkpath }),
        content() {
          read = true;
          return arrivals.orFailing(entry);
        },
      };
      if (!read) entry.resume();
    }
  } finally {
    source.destroy();
  }
}

/** No faster than the entries are read. An archive ends with a block of zeros: what is cut off between two files has none. */
async function feed(source: Readable, parser: Parser): Promise<void> {
  let tail = Buffer.alloc(0);
  for await (const portion of source as AsyncIterable<Buffer>) {
    tail = Buffer.concat([tail, portion.subarray(-blockBytes)]).subarray(-blockBytes);
    if (!parser.write(portion)) await new Promise<void>((go) => parser.once('drain', go));
  }
  if (tail.length < blockBytes || tail.some((byte) => byte !== 0)) throw suspect('is not whole: its end is missing');
  parser.end();
}

/** What arrives by calls, for one who takes it in turns. */
class Arrivals<Item> {
  readonly #items: Item[] = [];
  #failure: unknown;
  #isOver = false;
  #wake: () => void = () => {};

  add(item: Item): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#failure) throw this.#failure;
      else if (this.#isOver) return;
      else await new Promise<void>((wake) => this.#wakeBy(wake));
    }
  }

  /** The content of an item, cut off by a failure. */
  async *orFailing(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = content[Symbol.asyncIterator]();
    for (;;) {
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        this.#wakeBy(() => {
          if (this.#failure) reject(this.#failure);
        });
        if (this.#failure) reject(this.#failure);
        else iterator.next().then(resolve, reject);
      });
      if (next.done) return;
      yield next.value;
    }
  }

  #wakeBy(wake: () => void): void {
    this.#wake = wake;
  }
}

function unknown(path: string): Failure {
  return suspect(`holds "${shown(path)}", of a kind that Longhaul cannot extract (such as a sparse file)`);
}
