import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { realDisk } from '../../src/disk/real-disk.ts';
import { Failure } from '../../src/downloads/failure.ts';
import { bytesIn, type Range } from '../../src/downloads/ranges.ts';
import type { FetchTarget, Manifest, Source, Transfer } from '../../src/sources/source.ts';
import { systemClock } from '../../src/time/clock.ts';
import { createDeadline, type Deadline, extendDeadline, momentOn } from '../../src/time/deadline.ts';
import { untilBytes } from '../support/http-bench.ts';

/** What a source must bring to be tested: a link with known content, served slowly enough to be interrupted. */
export interface SourceFixture {
  /** A new source as another process would have it. */
  create(): Source;
  readonly link: string;
  /** The content of the main file; at least 1 MiB. */
  readonly bytes: Uint8Array;
  /** Is accepted, but is no proper link. */
  readonly malformed: string;
  /** Belongs to another source. */
  readonly foreign: string;
  /** From now on a new transfer stops by itself after about so many bytes, its connection open; 0: it ends again. */
  stallAfter(bytes: number): void;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;
const options = {};

/** The promises of `src/sources/source.ts`, one test each; `open` is called for each of them. */
export function sourceContract(
  name: string,
  open: () => Promise<SourceFixture>,
  /** `finds`: it tells its files at the end of a run only, which nothing but another run can go on from. */
  { finds = false } = {},
): void {
  const promise = (title: string, body: (bench: Bench) => Promise<void>): void => {
    test(`${name}: ${title}`, async (context) => body(await benchFor(context, await open())));
  };

  promise('accepts its own links and leaves the others alone', async ({ fixture, source }) => {
    assert.equal(source.accepts(fixture.link), true);
    assert.equal(source.accepts(fixture.foreign), false);
    for (const text of ['', ' ', '\0', 'x'.repeat(10_000), '://', 'a b c']) assert.equal(source.accepts(text), false);
  });

  promise(
    'gives a normal form that is its own normal form, and refuses a malformed link',
    async ({ fixture, source }) => {
      const key = source.keyOf(fixture.link);
      assert.equal(source.keyOf(key), key);
      assert.throws(() => source.keyOf(fixture.malformed), isFailure('link'));
    },
  );

  promise('resolves any number of times to the same plain data, without touching the disk', async (bench) => {
    const first = await bench.resolve();
    const second = await bench.resolve();
    assert.deepEqual(structuredClone(first), first);
    const stable = ({ name: file, files, totalBytes, resumeToken }: Manifest) => ({
      file,
      files,
      totalBytes,
      resumeToken,
    });
    assert.deepEqual(stable(first), stable(second));
    assert.equal(first.files.filter((file) => file.main).length, 1);
    assert.deepEqual(JSON.parse(JSON.stringify(first.resumeToken)), first.resumeToken);
    assert.deepEqual(await readdir(bench.folder), []);
  });

  promise('ends a resolve with the reason of its signal', async ({ fixture, source, folder }) => {
    const reason = new Error('enough');
    const request = { link: fixture.link, options, directory: folder };
    await assert.rejects(source.resolve(request, AbortSignal.abort(reason)), (error) => error === reason);
  });

  promise('says in one sentence when the partial is not there', async (bench) => {
    const manifest = await bench.resolve();
    const missing = bench.target(join(bench.folder, 'gone', 'file.part'), manifest, []);
    const transfer = bench.source.fetch({ manifest, targets: [missing], options });
    await assert.rejects(transfer.done, isFailure('disk'));
    await transfer.close();
  });

  if (finds) return;

  promise('fetches every byte, and all of it is durable at the end', async (bench) => {
    const { transfer, path } = await bench.begin([]);
    const end = await transfer.done;
    const size = bench.fixture.bytes.length;
    assert.equal(end.files[0]?.size, size);
    assert.deepEqual(await transfer.flush(), [{ position: 0, ranges: [[0, size]] }]);
    assert.equal(transfer.progress().bytes, size);
    await transfer.close();
    assert.ok(Buffer.from(bench.fixture.bytes).equals(await readFile(path)));
  });

  promise(
    'creates what it is told to create, never over what is there, and has synced it at its end',
    async (bench) => {
      if (!bench.source.createsPartials) return;
      const path = join(bench.folder, 'short.part');
      const fetch = async () => {
        const manifest = await bench.resolve();
        const target = { ...bench.target(path, manifest, []), create: { mode: 0o600 } };
        return bench.source.fetch({ manifest, targets: [target], options });
      };
      const transfer = await fetch();
      const [file] = (await transfer.done).files;
      const facts = await stat(path);
      await transfer.close();
      assert.equal(facts.mode & 0o777, 0o600);
      assert.partialDeepStrictEqual(file?.synced, { size: bench.fixture.bytes.length, inode: facts.ino });
      assert.ok(Buffer.from(bench.fixture.bytes).equals(await readFile(path)));
      const second = await fetch();
      await assert.rejects(second.done, isFailure('disk'));
      await second.close();
      assert.ok(Buffer.from(bench.fixture.bytes).equals(await readFile(path)));
    },
  );

  promise('tells as durable only what stands in the file, and goes on from there in another process', async (bench) => {
    const { bytes } = bench.fixture;
    bench.fixture.stallAfter(bytes.length / 2);
    const { transfer, path, manifest } = await bench.begin([]);
    await untilBytes(transfer, bytes.length / 4);
    const [flushed] = await transfer.flush();
    const durable = flushed?.ranges ?? [];
    assert.ok(bytesIn(durable) >= bytes.length / 4);
    await transfer.close();
    const onDisk = await readFile(path);
    for (const [from, to] of durable) assert.ok(onDisk.subarray(from, to).equals(bytes.subarray(from, to)));
    bench.fixture.stallAfter(0);
    const other = bench.another();
    const resume = { token: JSON.parse(JSON.stringify(manifest.resumeToken)), durable };
    const again = await other.resolve({ link: bench.fixture.link, options, directory: bench.folder, resume }, never);
    assert.equal(again.continues, true);
    const second = other.fetch({ manifest: again, targets: [bench.target(path, again, durable)], options });
    assert.equal((await second.done).files[0]?.size, bytes.length);
    await second.close();
    assert.ok(Buffer.from(bytes).equals(await readFile(path)));
  });

  promise('has nothing to do for a complete partial', async (bench) => {
    const first = await bench.begin([]);
    await first.transfer.done;
    await first.transfer.close();
    const durable: Range[] = [[0, bench.fixture.bytes.length]];
    const resume = { token: first.manifest.resumeToken, durable };
    const manifest = await bench.source.resolve(
      { link: bench.fixture.link, options, directory: bench.folder, resume },
      never,
    );
    assert.equal(manifest.continues, true);
    const second = bench.source.fetch({ manifest, targets: [bench.target(first.path, manifest, durable)], options });
    assert.equal((await second.done).files[0]?.size, bench.fixture.bytes.length);
    await second.close();
    assert.ok(Buffer.from(bench.fixture.bytes).equals(await readFile(first.path)));
  });

  promise('writes nothing more after close, whose second call is harmless, and never rejects then', async (bench) => {
    bench.fixture.stallAfter(bench.fixture.bytes.length / 2);
    const { transfer, path } = await bench.begin([]);
    transfer.done.catch(() => assert.fail('rejected after close'));
    await untilBytes(transfer, 1);
    await transfer.close();
    const before = await stat(path);
    await transfer.close();
    transfer.nudge();
    transfer.tune({ rate: 1000 });
    await nextTurn();
    const after = await stat(path);
    assert.deepEqual([after.size, after.mtimeMs], [before.size, before.mtimeMs]);
  });

  promise('writes nothing once its lease has ended, and says that it is lost', async (bench) => {
    bench.fixture.stallAfter(bench.fixture.bytes.length / 2);
    const deadline = createDeadline(momentOn(systemClock), 60_000);
    const first = await bench.begin([], deadline);
    await untilBytes(first.transfer, 1);
    await first.transfer.flush();
    await first.transfer.close();
    const before = await stat(first.path);
    extendDeadline(deadline, momentOn(systemClock), -1);
    bench.fixture.stallAfter(0);
    const targets = [bench.target(first.path, first.manifest, [])];
    const again = await bench.resolve();
    const second = bench.source.fetch({ manifest: again, targets, options, deadline });
    await assert.rejects(second.done, isFailure('lost'));
    await second.flush();
    await second.close();
    const after = await stat(first.path);
    assert.deepEqual([after.size, after.mtimeMs], [before.size, before.mtimeMs]);
  });

  promise('takes limits and nudges while it runs', async (bench) => {
    const { transfer, path } = await bench.begin([]);
    transfer.tune({ rate: 1000 });
    transfer.tune({ rate: 0, connections: 1 });
    transfer.nudge();
    await transfer.done;
    await transfer.close();
    assert.ok(Buffer.from(bench.fixture.bytes).equals(await readFile(path)));
  });
}

interface Bench {
  readonly fixture: SourceFixture;
  readonly source: Source;
  readonly folder: string;
  another(): Source;
  resolve(): Promise<Manifest>;
  target(path: string, manifest: Manifest, durable: readonly Range[]): FetchTarget;
  /** Resolves and fetches into a new partial. */
  begin(
    durable: readonly Range[],
    deadline?: Deadline,
  ): Promise<{ transfer: Transfer; path: string; manifest: Manifest }>;
}

async function benchFor(context: TestContext, fixture: SourceFixture): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-source-'));
  const sources: Source[] = [];
  const another = (): Source => {
    const source = fixture.create();
    sources.push(source);
    return source;
  };
  context.after(async () => {
    for (const one of sources) await one.close();
    for (const one of sources) await one.close();
    await fixture.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const source = another();
  const resolve = (): Promise<Manifest> => source.resolve({ link: fixture.link, options, directory: folder }, never);
  const target = (path: string, manifest: Manifest, durable: readonly Range[]): FetchTarget => ({
    position: manifest.files.findIndex((file) => file.main),
    path,
    size: manifest.files.find((file) => file.main)?.size ?? null,
    durable,
  });
  return {
    fixture,
    source,
    folder,
    another,
    resolve,
    target,
    async begin(durable, deadline) {
      const manifest = await resolve();
      const path = join(folder, 'file.part');
      await realDisk.create(path).close();
      return {
        manifest,
        path,
        transfer: source.fetch({
          manifest,
          targets: [target(path, manifest, durable)],
          options,
          ...(deadline === undefined ? {} : { deadline }),
        }),
      };
    },
  };
}

function isFailure(failureClass: Failure['class']): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.class === failureClass && /^[^\n]+$/.test(error.message);
}
