import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import type { Disk } from '../../disk/disk.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { OneStreamTransfer } from './one-stream-transfer.ts';

const portion = 65_536;

async function begun(context: TestContext, disk: Disk = realDisk, sent = 100) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-one-stream-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'x.part');
  await realDisk.create(path).close();
  const clock = manualClock();
  const open = async function* () {
    for (let n = 0; n < sent; n += 1) yield Buffer.alloc(portion, 'x');
  };
  const target = { position: 0, path, size: 100 * portion, durable: [] };
  const manifest = { name: 'x', files: [], totalBytes: null, resumeToken: {}, continues: true, plan: null };
  const parts = { disk, clock, idleTimeout: 60_000, open };
  const transfer = new OneStreamTransfer(parts, { manifest, targets: [target], options: {} }, target);
  context.after(() => transfer.close());
  return { transfer, clock };
}

test('a limit far below the portions holds, without the wait for it counting as silence', async (context) => {
  const { transfer, clock } = await begun(context);
  transfer.tune({ rate: 500 });
  for (let second = 0; second < 600; second += 1) await clock.advance(1000);
  assert.ok(Math.abs(transfer.progress().bytes - 600 * 500) <= portion, String(transfer.progress().bytes));
});

test('a limit that is raised or taken away holds within a second', async (context) => {
  const { transfer, clock } = await begun(context);
  transfer.tune({ rate: 1 });
  await clock.advance(5000);
  assert.equal(transfer.progress().bytes, portion);
  transfer.tune({ rate: 0 });
  await clock.advance(1000);
  await transfer.done;
});

test('the file is not closed while it is being synced: another one could have its descriptor by then', async (context) => {
  const steps: string[] = [];
  const syncing = Promise.withResolvers<void>();
  const disk: Disk = {
    ...realDisk,
    open(path) {
      const file = realDisk.open(path);
      return {
        ...file,
        syncData: () => syncing.promise.then(() => void steps.push('synced')),
        close: () => file.close().then(() => void steps.push('closed')),
      };
    },
  };
  const { transfer, clock } = await begun(context, disk);
  transfer.tune({ rate: 1 });
  await clock.advance(1000);
  const flushed = transfer.flush();
  const closed = transfer.close();
  await clock.advance(1000);
  syncing.resolve();
  assert.deepEqual(await flushed, [{ position: 0, ranges: [[0, portion]] }]);
  await closed;
  assert.deepEqual(steps, ['synced', 'closed']);
});

test('a file that ends before its size is not complete, and one that goes on behind it is another one', async (context) => {
  const short = await begun(context, realDisk, 99);
  await assert.rejects(short.transfer.done, /before the end of the file/);
  assert.deepEqual((await short.transfer.flush())[0]?.ranges, [[0, 99 * portion]]);
  const long = await begun(context, realDisk, 101);
  await assert.rejects(long.transfer.done, (error) => error instanceof Failure && error.class === 'changed');
});

test('after a failed sync nothing since the last good one is told as durable', async (context) => {
  let fails = false;
  const disk: Disk = {
    ...realDisk,
    open(path) {
      const file = realDisk.open(path);
      const syncData = () =>
        fails ? Promise.reject(Object.assign(new Error('io'), { code: 'EIO' })) : file.syncData();
      return { ...file, syncData };
    },
  };
  const { transfer, clock } = await begun(context, disk);
  transfer.tune({ rate: portion });
  await clock.advance(1000);
  const [before] = await transfer.flush();
  await clock.advance(5000);
  fails = true;
  assert.deepEqual(await transfer.flush(), [before]);
  fails = false;
  assert.deepEqual(await transfer.flush(), [before]);
  await assert.rejects(transfer.done, /disk reported an error/);
});
