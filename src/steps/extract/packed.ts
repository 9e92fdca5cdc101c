import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ArchiveEntry, type ArchiveReader, damage } from './entry.ts';
import { type Format, formatOf } from './format.ts';
import { tarReader } from './tar.ts';
import type { Tools } from './tools.ts';

/** What is packed as one stream. */
export type PackedFormat = Extract<Format, 'tar' | 'gz' | 'bz2' | 'xz' | 'zst'>;

const chunkBytes = 256 * 1024;
/** Bytes by which a tar archive is known. */
const headBytes = 512;

/**
 * A tar archive, packed or not, or a single packed file, whose name is `stem` then. Parts are read one after the other.
 * Throws `Failure`.
 */
export async function openPacked(
  format: PackedFormat,
  { parts, stem }: { readonly parts: readonly string[]; readonly stem: string },
  tools: Tools,
): Promise<ArchiveReader> {
  let taken = 0;
  const consumed = () => taken;
  const raw = streamOf(bytesOf(parts, (bytes) => (taken += bytes)));
  try {
    const plain = await unpacked(format, raw, tools);
    const iterator = plain[Symbol.asyncIterator]();
    const head = await headOf(iterator);
    const whole = streamOf(joined(head, iterator));
    const close = async () => {
      whole.destroy();
      raw.destroy();
    };
    if (formatOf(head) === 'tar') return { ...tarReader(whole, consumed), close };
    return { declared: undefined, consumed, entries: () => onlyEntry(stem, whole), close };
  } catch (error) {
    raw.destroy();
    throw damage(error);
  }
}

async function unpacked(format: PackedFormat, raw: Readable, tools: Tools): Promise<AsyncIterable<Buffer>> {
  if (format === 'tar') return raw;
  if (format === 'xz' || format === 'bz2') return tools.filter(format, raw);
  const decoder =
    format === 'gz' ? createGunzip({ chunkSize: chunkBytes }) : createZstdDecompress({ chunkSize: chunkBytes });
  // An error of either comes out of the decoder.
  pipeline(raw, decoder, () => {});
  return decoder;
}

async function* bytesOf(parts: readonly string[], count: (bytes: number) => void): AsyncIterable<Buffer> {
  for (const part of parts) {
    for await (const chunk of createReadStream(part, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      count(chunk.length);
      yield chunk;
    }
  }
}

async function headOf(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < headBytes) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done) return;
    yield next.value;
  }
}

async function* onlyEntry(name: string, content: Readable): AsyncIterable<ArchiveEntry> {
  yield {
    name,
    kind: 'file',
    async *content() {
      try {
        yield* content as AsyncIterable<Buffer>;
      } catch (error) {
        throw damage(error);
      }
    },
  };
}

function streamOf(chunks: AsyncIterable<Buffer>): Readable {
  return Readable.from(chunks, { objectMode: false, highWaterMark: chunkBytes });
}
