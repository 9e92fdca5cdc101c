import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { content, makes, stepStages, uploads, waiting } from '../../test/support/step-stage.ts';
import { Failure } from '../downloads/failure.ts';
import type { StepContext } from '../steps/step.ts';
import type { Store } from '../store/store.ts';

const stage = stepStages();

test('steps run in their order, each on what the one before made, and the row says what came of them', async () => {
  const seen: StepContext[] = [];
  const on = await stage({
    convert: async (context, ...more) => {
      seen.push(context);
      return makes('file.m4a')(context, ...more);
    },
    upload: async (context, ...more) => {
      seen.push(context);
      return uploads(context, ...more);
    },
    notify: async (context) => {
      seen.push(context);
      return {};
    },
  });
  await on.run();
  const [convert, upload, notify] = seen;
  assert.partialDeepStrictEqual(convert, {
    ...{ uid: on.download.uid, name: 'file.bin', link: 'scripted:1', metadata: { whose: 'mine' } },
    files: [{ path: join(on.folder, 'file.bin'), size: content.length, main: true }],
    ...{ directory: on.folder, category: undefined, resultLink: undefined },
  });
  assert.deepEqual(upload?.files, [{ path: join(on.folder, 'file.m4a'), size: 8, main: true }]);
  assert.deepEqual([notify?.files, notify?.resultLink], [upload?.files, 'https://host/x']);
  assert.deepEqual(await on.names(), ['file.bin', 'file.m4a'], 'and no work folder is left');
  assert.partialDeepStrictEqual(await on.row(), {
    ...{ status: 'completed', resultLink: 'https://host/x', downloadPath: join(on.folder, 'file.m4a') },
    bytesDownloaded: content.length,
  });
  assert.deepEqual(await on.steps(), ['convert completed', 'upload completed', 'notify completed']);
  const told = (await on.store.events({ downloadId: on.id, limit: 50 })).filter(({ kind }) => kind === 'step');
  assert.deepEqual(told[3]?.detail, {
    step: 'upload',
    number: 2,
    of: 3,
    what: 'done',
    note: 'sent',
    link: 'https://host/x',
  });
});

test('a step that fails is named, and the next try goes on with it without fetching anything', async () => {
  const marks: unknown[] = [];
  let failing = true;
  const on = await stage({
    convert: makes('file.m4a'),
    upload: async (_context, mark, report) => {
      marks.push(mark);
      await report.mark({ sent: 5 });
      if (failing) throw new Failure('network', 'the host closed the connection');
      return { link: 'https://host/x' };
    },
  });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'retrying',
    errorMessage: 'upload: the host closed the connection',
  });
  assert.deepEqual(await on.steps(), ['convert completed', 'upload pending']);
  failing = false;
  await on.run();
  assert.deepEqual(marks, [undefined, { sent: 5 }]);
  assert.equal(on.source.resolves.length, 1, 'the link is not asked again');
  assert.equal((await on.row())?.status, 'completed');
});

test('a step that fails for good fails the download; a retry goes on with that step', async () => {
  const on = await stage({
    convert: async ({ work }) => {
      await writeFile(join(work, 'half'), 'begun');
      throw new Failure('checksum', 'that is no media');
    },
  });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'failed', errorMessage: 'convert: that is no media' });
  assert.deepEqual((await on.names()).slice(-1), ['file.bin'], 'the delivered file stays where it is');
  assert.match((await on.names())[0] ?? '', /^\.longhaul-/, 'and so does what the step has done so far');
  on.doing.set('convert', makes('file.m4a'));
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.equal((await on.row())?.status, 'completed');
  assert.equal(on.source.resolves.length, 1);
});

test('a step that fails each time is given up after the tries that there are', async () => {
  const on = await stage({
    upload: async () => {
      throw new Failure('server', '500');
    },
  });
  await on.run();
  await on.run();
  assert.equal((await on.row())?.status, 'retrying', 'bytes came in during the first try');
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'failed',
    errorMessage: 'upload: 500 (gave up after 2 tries)',
  });
  assert.deepEqual(await on.names(), ['file.bin'], 'a step that made nothing leaves no folder');
});

test('what a step works on must be what was delivered', async () => {
  const on = await stage({
    convert: async () => {
      throw new Failure('disk', 'not now');
    },
  });
  await on.run();
  await rename(join(on.folder, 'file.bin'), join(on.folder, 'elsewhere'));
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.match((await on.row())?.errorMessage ?? '', /^convert: .*file\.bin is gone; bring it back/);
});

test('a pause in the middle of a step pauses the download, which then goes on with that step', async () => {
  const { begun, run } = waiting();
  const on = await stage({ convert: makes('file.m4a'), upload: run });
  await on.run(async (running) => {
    await begun;
    running.stop({ by: 'wish', wish: { wish: 'pause' } });
  });
  assert.equal((await on.row())?.status, 'paused');
  assert.deepEqual(await on.steps(), ['convert completed', 'upload pending']);
  on.doing.set('upload', uploads);
  await on.store.wish(on.id, { wish: 'resume' }, Date.now());
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'completed', errorMessage: null });
});

test('a cancel removes the work of the step, and with it what was delivered where that is asked for', async () => {
  for (const deleteFiles of [false, true]) {
    const { begun, run } = waiting();
    const on = await stage({ convert: makes('file.m4a'), upload: run });
    await on.run(async (running) => {
      await begun;
      running.stop({ by: 'wish', wish: { wish: 'cancel', deleteFiles } });
    });
    assert.equal((await on.row())?.status, 'cancelled');
    assert.deepEqual(await on.names(), deleteFiles ? [] : ['file.bin', 'file.m4a']);
  }
});

test('after a cancel that left the delivered file, a retry goes on with the steps', async () => {
  const { begun, run } = waiting();
  const on = await stage({
    async convert(context, mark, report, signal) {
      await report.mark({ parts: 2 });
      return run(context, mark, report, signal);
    },
  });
  await on.run(async (running) => {
    await begun;
    running.stop({ by: 'wish', wish: { wish: 'cancel' } });
  });
  const [step] = await on.store.steps(on.id);
  assert.deepEqual(step?.mark, { gaveUp: { parts: 2 } }, 'what it began elsewhere is gone');
  on.doing.set('convert', makes('file.m4a'));
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.equal((await on.row())?.status, 'completed');
  assert.deepEqual(await on.names(), ['file.bin', 'file.m4a']);
  assert.equal(on.source.resolves.length, 1);
});

test('a shutdown gives the download back, and a lost lease touches nothing more', async () => {
  for (const [order, status] of [
    ['shutdown', 'pending'],
    ['lost', 'processing'],
  ] as const) {
    const { begun, run } = waiting();
    const on = await stage({ convert: run });
    await on.run(async (running) => {
      await begun;
      running.stop({ by: order });
    });
    assert.equal((await on.row())?.status, status);
  }
});

test('a result that comes although the step was told to stop counts', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const on = await stage({
    upload: async (...given) => {
      resolve();
      await new Promise((end) => given[3].addEventListener('abort', end));
      return uploads(...given);
    },
  });
  await on.run(async (running) => {
    await promise;
    running.stop({ by: 'wish', wish: { wish: 'pause' } });
  });
  assert.deepEqual(await on.steps(), ['upload completed']);
  assert.partialDeepStrictEqual(await on.row(), { status: 'paused', resultLink: 'https://host/x' });
});

test('a step that does not end when it is told to is left behind', async () => {
  const clock = manualClock();
  const { promise, resolve } = Promise.withResolvers<void>();
  const on = await stage(
    {
      hang: () => {
        resolve();
        return new Promise(() => {});
      },
    },
    {},
    clock,
  );
  await on.run(async (running) => {
    await promise;
    running.stop({ by: 'shutdown' });
    await clock.advance(10_000);
  });
  assert.equal((await on.row())?.status, 'pending');
});

test('a lease that is lost while a step tells its mark stops the step there', async () => {
  const on = await stage({
    upload: async (_context, _mark, report) => {
      await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
      await report.mark({ sent: 1 });
      assert.fail('it must not go on');
    },
  });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'pending', errorMessage: null });
  assert.equal((await on.store.steps(on.id))[0]?.mark, undefined);
});

test('a result never takes the place of a file that is there', async () => {
  const on = await stage({ convert: makes('file.m4a') });
  await writeFile(join(on.folder, 'file.m4a'), 'mine');
  await on.run();
  assert.equal(await readFile(join(on.folder, 'file.m4a'), 'utf8'), 'mine');
  assert.equal((await on.row())?.downloadPath, join(on.folder, 'file (2).m4a'));
});

for (const [keep, names, path] of [
  ['both', ['file.bin', 'file.m4a'], 'file.m4a'],
  ['source', ['file.bin'], 'file.bin'],
  ['result', ['file.m4a'], 'file.m4a'],
  ['none', [], null],
] as const) {
  test(`of a conversion that was uploaded stays what was asked for: ${keep}`, async () => {
    const on = await stage({ convert: makes('file.m4a'), upload: uploads }, { keep });
    await on.run();
    assert.deepEqual(await on.names(), names);
    const row = await on.row();
    assert.equal(row?.status, 'completed');
    assert.equal(row?.downloadPath, path === null ? null : join(on.folder, path));
    const places = (await on.store.files(on.id)).flatMap(({ finalPath }) => finalPath ?? []);
    assert.deepEqual(
      places.toSorted(),
      names.map((name) => join(on.folder, name)),
      'the rows say the same',
    );
  });
}

test('a file that somebody has changed meanwhile is not removed, and that is said', async () => {
  const on = await stage(
    {
      convert: makes('file.m4a'),
      upload: async (...given) => {
        await writeFile(join(on.folder, 'file.bin'), 'mine now');
        return uploads(...given);
      },
    },
    { keep: 'result' },
  );
  await on.run();
  assert.deepEqual(await on.names(), ['file.bin', 'file.m4a']);
  const warned = (await on.store.events({ downloadId: on.id, limit: 50 })).find(({ kind }) => kind === 'warning');
  assert.match(String(warned?.detail.message), /file\.bin was changed or replaced/);
});

test('where files were moved, the rows follow them', async () => {
  const on = await stage({
    move: async ({ files, directory }) => {
      const [file] = files;
      assert.ok(file);
      await rename(file.path, join(directory, 'moved.bin'));
      return { files: [{ ...file, path: join(directory, 'moved.bin') }], moved: true };
    },
    upload: uploads,
  });
  await on.run();
  const moved = join(on.folder, 'moved.bin');
  assert.equal((await on.row())?.downloadPath, moved);
  assert.deepEqual(
    (await on.store.files(on.id)).map(({ finalPath }) => finalPath),
    [moved],
  );
});

test('a crash between the outcome and its publication publishes it, without running the step again', async () => {
  let runs = 0;
  const on = await stage({
    convert: async (...given) => {
      runs += 1;
      return makes('file.m4a')(...given);
    },
  });
  const record: Store['recordOutput'] = on.store.recordOutput;
  on.store.recordOutput = async (...given) => {
    await record(...given);
    on.store.recordOutput = record;
    return false;
  };
  await on.run();
  assert.deepEqual(await on.steps(), ['convert publishing']);
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  await on.run();
  assert.equal(runs, 1);
  assert.deepEqual(await on.names(), ['file.bin', 'file.m4a']);
  assert.equal((await on.store.files(on.id)).length, 2, 'and is recorded once');
});
