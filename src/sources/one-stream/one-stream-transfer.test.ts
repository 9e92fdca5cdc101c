import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import type { Disk } from '../../disk/disk.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { OneStreamTransfer } from './one-stream-transfer.ts';

const portion = 65_536;

async function begun(context: TestContext, disk: Disk = realDisk) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-one-stream-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'x.part');
  await realDisk.create(path).close();
  const clock = manualClock();
  const open = async function* () {
    for (let n = 0; n < 100; n += 1) yield Buffer.alloc(portion, 'x');
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
