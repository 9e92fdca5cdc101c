import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import type { UploadClient } from './client.ts';
import { placeOf } from './deleting.ts';
import type { HostRun, OutgoingFile, Uploaded, UploadHost } from './host.ts';
import { filledIn } from './link.ts';
import { type HostMark, markOf } from './marks.ts';
import { underFreeName } from './names.ts';
import { S3Bucket, type S3Settings } from './s3-bucket.ts';

const mostParts = 10_000;
const triesOfPart = 4;
/** Clocks differ: a request is taken whose time is so far off (Signature Version 4), ms. */
const skew = 15 * 60_000;

/**
 * A bucket behind any endpoint that speaks S3. A large file goes there in parts, each proved by its digest, and a crash
 * goes on with the parts that are missing. The object carries our id, so that it is known again. Nothing is visible
 * before all of it is there.
 */
export function s3Host(client: UploadClient, clock: Clock, settings: S3Settings): UploadHost {
  return {
    name: settings.name,
    mostBytes: settings.mostBytes,
    put: (file, run) => new S3Upload(new S3Bucket(client, clock, settings), { clock, settings, file, run }).put(),
    delete: (file, signal) => new S3Bucket(client, clock, settings).remove(placeOf(file), file, signal),
    async giveUp(mark, signal) {
      const known = markOf(mark);
      const bucket = new S3Bucket(client, clock, settings);
      if (known.path === undefined) return;
      if (known.uploadId === undefined) await abortUnnamed(bucket, known, signal);
      else await bucket.abort(known.path, known.uploadId, signal);
    },
  };
}

/**
 * Where a crash came before the id of an upload in parts was stored: what was begun for this key since then, and has no
 * part, is that upload. A server that does not list them keeps it; its lifecycle rules remove it.
 */
async function abortUnnamed(bucket: S3Bucket, { path, beganAt }: HostMark, signal: AbortSignal): Promise<void> {
  if (path === undefined || beganAt === undefined) return;
  for (const { uploadId, at } of await bucket.listUploads(path, signal)) {
    if (at < beganAt - skew) continue;
    const parts = await bucket.listParts(path, uploadId, signal);
    if (parts?.size === 0) await bucket.abort(path, uploadId, signal);
  }
}

interface Parts {
  readonly clock: Clock;
  readonly settings: S3Settings;
  readonly file: OutgoingFile;
  readonly run: HostRun;
}

class S3Upload {
  readonly #bucket: S3Bucket;
  readonly #clock: Clock;
  readonly #settings: S3Settings;
  readonly #file: OutgoingFile;
  readonly #run: HostRun;

  constructor(bucket: S3Bucket, { clock, settings, file, run }: Parts) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#settings = settings;
    this.#file = file;
    this.#run = run;
  }

  async put(): Promise<Uploaded> {
    const { source, name } = this.#file;
    const mark = markOf(this.#run.mark);
    const folder = this.#settings.folder === '' ? '' : `${this.#settings.folder.replace(/\/+$/, '')}/`;
    return (
      (await this.#goOn(mark)) ??
      underFreeName(`${folder}${name}`, (key) =>
        source.size <= this.#settings.partSize ? this.#whole(key) : this.#inParts(key),
      )
    );
  }

  /** Undefined: there is nothing to go on with. */
  async #goOn(mark: HostMark): Promise<Uploaded | undefined> {
    const { path, uploadId, partSize } = mark;
    if (path === undefined) return undefined;
    const there = await this.#bucket.look(path, this.#run.signal);
    if (there?.id === this.#file.id) {
      if (there.size === this.#file.source.size) return this.#uploaded(path);
      // Ours, and cut off: some servers make an object of what came before the connection broke.
      await this.#bucket.remove(path, { id: this.#file.id, size: there.size }, this.#run.signal);
    }
    if (uploadId === undefined || partSize === undefined) {
      await abortUnnamed(this.#bucket, mark, this.#run.signal);
      return undefined;
    }
    const known = await this.#bucket.listParts(path, uploadId, this.#run.signal);
    return known && this.#sendParts(path, { uploadId, partSize, known });
  }

  async #whole(key: string): Promise<Uploaded | undefined> {
    const { replace } = this.#settings;
    if (!replace && (await this.#bucket.look(key, this.#run.signal))) return undefined;
    await this.#run.keep({ path: key });
    const done = await this.#bucket.putWhole(key, this.#file, this.#run);
    return done ? this.#uploaded(key) : undefined;
  }

  async #inParts(key: string): Promise<Uploaded | undefined> {
    const { source, id } = this.#file;
    const { replace, partSize: wanted } = this.#settings;
    if (!replace && (await this.#bucket.look(key, this.#run.signal))) return undefined;
    const mebibyte = 1 << 20;
    const partSize = Math.max(wanted, Math.ceil(source.size / mostParts / mebibyte) * mebibyte);
    await this.#run.keep({ path: key, beganAt: this.#clock.now() });
    const uploadId = await this.#bucket.begin(key, id, this.#run.signal);
    await this.#run.keep({ path: key, uploadId, partSize });
    return this.#sendParts(key, { uploadId, partSize, known: new Map() });
  }

  /** Undefined: somebody took the key meanwhile. */
  async #sendParts(
    key: string,
    { uploadId, partSize, known }: { readonly uploadId: string; readonly partSize: number; readonly known: KnownParts },
  ): Promise<Uploaded | undefined> {
    const { source } = this.#file;
    const etags: string[] = [];
    for (let from = 0, number = 1; from < source.size; from += partSize, number += 1) {
      const to = Math.min(source.size, from + partSize);
      const there = known.get(number);
      const isThere = there?.size === to - from;
      etags.push(isThere ? there.etag : await this.#sendPart(key, { uploadId, number, from, to }));
      this.#run.sent(to);
    }
    await source.checkUnchanged();
    if (!(await this.#bucket.complete(key, { uploadId, etags }, this.#run.signal))) {
      await this.#bucket.abort(key, uploadId, this.#run.signal).catch(() => {});
      return undefined;
    }
    const there = await this.#bucket.look(key, this.#run.signal);
    if (there && there.size !== source.size) throw new Failure('network', 'it does not have all of what it took');
    return this.#uploaded(key);
  }

  /** A part that was cut off is sent again alone. */
  async #sendPart(
    key: string,
    part: { readonly uploadId: string; readonly number: number; readonly from: number; readonly to: number },
  ): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#bucket.putPart(key, part, this.#file, this.#run);
      } catch (error) {
        const passes = error instanceof Failure && ['network', 'server', 'protocol'].includes(error.class);
        if (!passes || tries === triesOfPart || this.#run.signal.aborted) throw error;
        await this.#clock.sleep(500 * 2 ** tries, this.#run.signal);
      }
    }
  }

  #uploaded(key: string): Uploaded {
    const { link } = this.#settings;
    return { link: link === undefined ? this.#bucket.urlOf(key).href : filledIn(link, key), path: key };
  }
}

type KnownParts = ReadonlyMap<number, { readonly etag: string; readonly size: number }>;
