import { crc32 } from 'node:zlib';
import type { RunningProgram } from '../process-group.ts';
import { type ArchiveEntry, type ArchiveReader, damage, shown, suspect } from './entry.ts';
import { gone, lastWords, outputOf } from './tools.ts';

/** What a program told of one entry. */
export interface ListedEntry {
  readonly name: string;
  readonly kind: ArchiveEntry['kind'];
  /** Bytes that it writes for it. */
  readonly size: number;
  readonly crc: number | undefined;
  readonly target?: string;
}

/** Longest list that is read, bytes. */
const longestList = 128 * 1024 * 1024;

/**
 * An archive that another program reads: it has told what is in it, and writes the bytes of all entries one after the
 * other to its output; names and places stay in our hands. What does not add up, by sizes or check sums, is damaged.
 */
export function listedReader(entries: readonly ListedEntry[], start: () => RunningProgram): ArchiveReader {
  let program: RunningProgram | undefined;
  return {
    declared: entries.reduce((sum, { size }) => sum + size, 0),
    async *entries() {
      program = start();
      const output = new Portions(outputOf(program));
      for (const entry of entries) yield* one(entry, output);
      if (await output.more()) throw suspect('is damaged: it holds more than its list says');
    },
    async close() {
      if (program) await gone(program);
    },
  };
}

async function* one(entry: ListedEntry, output: Portions): AsyncIterable<ArchiveEntry> {
  let left = entry.size;
  let sum = 0;
  async function* content(): AsyncGenerator<Uint8Array> {
    while (left > 0) {
      const portion = await output.take(left);
      left -= portion.length;
      sum = crc32(portion, sum);
      yield portion;
    }
    if (entry.crc !== undefined && entry.size > 0 && sum !== entry.crc) {
      throw suspect(`is damaged: the check sum of "${shown(entry.name)}" is wrong`);
    }
  }
  yield {
    name: entry.name,
    kind: entry.kind,
    ...(entry.target === undefined ? {} : { target: entry.target }),
    content,
  };
  // What nobody wanted lies before the next one.
  for await (const _ of content());
}

/** A stream that is taken in pieces of any length. */
class Portions {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks;
  }

  /** From 1 to `most` bytes. Throws `Failure` at the end. */
  async take(most: number): Promise<Buffer> {
    if (!(await this.more())) throw suspect('is damaged, or not whole: it ends too early');
    const portion = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(portion.length);
    return portion;
  }

  /** False at the end. */
  async more(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#chunks.next().catch((error: unknown) => {
        throw damage(error);
      });
      if (next.done) return false;
      this.#held = next.value;
    }
    return true;
  }
}

/** What a program says, as text. The code is for the caller to judge. Throws `Failure('suspect')` when it is too long. */
export async function listOf(
  program: RunningProgram,
): Promise<{ readonly text: string; readonly code: number | null; readonly words: string; readonly stderr: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of program.stdout as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > longestList) throw suspect('has a list of entries that is too long to read');
      chunks.push(chunk);
    }
    const { code, stderr } = await program.ended;
    return { text: Buffer.concat(chunks).toString('utf8'), code, words: lastWords(stderr), stderr };
  } finally {
    await gone(program);
  }
}
