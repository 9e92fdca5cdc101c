import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedSync } from './shared-sync.ts';

/** A sync that ends when it is told to. */
function slowSync() {
  const begun: { readonly path: string; readonly end: PromiseWithResolvers<void> }[] = [];
  const sync = sharedSync((path) => {
    const end = Promise.withResolvers<void>();
    begun.push({ path, end });
    return end.promise;
  });
  return { sync, begun };
}

test('whoever comes while a sync runs waits for the next one, and shares it', async () => {
  const { sync, begun } = slowSync();
  const first = sync('/a');
  const [second, third] = [sync('/a'), sync('/a')];
  let early = false;
  void second.then(() => {
    early = true;
  });
  begun[0]?.end.resolve();
  await first;
  await new Promise(setImmediate);
  assert.equal(early, false, 'the first sync did not cover what came after it began');
  assert.equal(begun.length, 2);
  begun[1]?.end.resolve();
  await Promise.all([second, third]);
  assert.equal(begun.length, 2);
});

test('folders do not wait for each other', () => {
  const { sync, begun } = slowSync();
  void sync('/a');
  void sync('/b');
  assert.deepEqual(
    begun.map(({ path }) => path),
    ['/a', '/b'],
  );
});

test('a failed sync is told to those who shared it, and the next one is a new one', async () => {
  const { sync, begun } = slowSync();
  const first = sync('/a');
  const second = sync('/a');
  begun[0]?.end.reject(new Error('EIO'));
  await assert.rejects(first, /EIO/);
  await new Promise(setImmediate);
  begun[1]?.end.resolve();
  await second;
  const third = sync('/a');
  begun[2]?.end.resolve();
  await third;
});
