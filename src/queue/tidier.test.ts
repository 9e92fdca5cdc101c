import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, type TidyStage, tidyStage } from '../../test/support/tidy-stage.ts';
import { realDisk } from '../disk/real-disk.ts';
import { createTidier } from './tidier.ts';
import type { TidyParts } from './tidy-run.ts';

const keepOne = { retention: { rules: { maxFiles: 1 }, categories: new Map() } };

/** Resolves when an event tells that this download was cleaned. */
async function untilCleaned({ store }: TidyStage, id: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  const look = async () => {
    if ((await store.get(id))?.status === 'cleaned' && (await store.toRemove()).length === 0) done.resolve();
  };
  const stop = store.onChange(() => void look());
  await look();
  await done.promise;
  stop();
}

test('it is done at the start, after a completion, and every hour', async () => {
  await using stage = await tidyStage();
  const tidier = createTidier(stage.parts(keepOne));
  const a = await stage.deliver('a', 'a');
  const b = await stage.deliver('b', 'b');
  await tidier.start();
  await tidier.start();
  await untilCleaned(stage, a);
  const c = await stage.deliver('c', 'c');
  tidier.completed();
  await untilCleaned(stage, b);
  await stage.deliver('d', 'd');
  await stage.clock.advance(hour);
  await untilCleaned(stage, c);
  await tidier.stop();
  await tidier.stop();
  assert.deepEqual(await stage.names(), ['d']);
});

test('a completion asks for nothing where no rule does', async () => {
  await using stage = await tidyStage();
  const store = { ...stage.store, takeTurn: () => Promise.reject(new Error('it was asked')) };
  const tidier = createTidier({ ...stage.parts({}), store });
  tidier.completed();
  await tidier.stop();
});

test('a disk that hangs holds up no end, and a stop may come before the start', async () => {
  await using stage = await tidyStage();
  await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  const asked = Promise.withResolvers<void>();
  const hanging: TidyParts['disk'] = {
    ...realDisk,
    facts() {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const tidier = createTidier({ ...stage.parts(keepOne), disk: hanging });
  await tidier.start();
  await asked.promise;
  const stopped = tidier.stop();
  await stage.clock.advance(2000);
  await stopped;
  const never = createTidier(stage.parts(keepOne));
  await never.stop();
  await never.start();
  assert.deepEqual(await stage.names(), ['a', 'b']);
});

test('what another process is at is looked at again a moment later', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const a = await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  const other = { chore: 'tidy', owner: 'another' };
  await store.takeTurn(other, clock.now() - 60_000, clock.now());
  const refused = Promise.withResolvers<void>();
  const watched = {
    ...store,
    async takeTurn(...asked: Parameters<typeof store.takeTurn>) {
      const taken = await store.takeTurn(...asked);
      if (!taken) refused.resolve();
      return taken;
    },
  };
  const tidier = createTidier({ ...stage.parts(keepOne), store: watched });
  await tidier.start();
  await refused.promise;
  await store.endTurn(other, clock.now());
  await clock.advance(5000);
  await untilCleaned(stage, a);
  await tidier.stop();
  assert.deepEqual(await stage.names(), ['b']);
});
