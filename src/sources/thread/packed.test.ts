import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPacked, packed, unpacked, unpackedInParts } from './packed.ts';

const row = fc.record(
  {
    position: fc.double(),
    path: fc.string({ unit: 'binary' }),
    size: fc.option(fc.nat(), { nil: null }),
    durable: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 }),
    main: fc.boolean(),
  },
  { noNullPrototype: true },
);

test('a long list of objects of one shape comes out as it went in, at once and in parts', async () => {
  const rows = Array.from({ length: 6000 }, (_, at) => fc.sample(row, { numRuns: 1, seed: at % 50 })[0] ?? {});
  const list = structuredClone(packed(rows));
  assert.ok(isPacked(list));
  assert.deepEqual(unpacked(list), rows);
  assert.deepEqual(await unpackedInParts(list), rows);
});

test('a list that is short, or whose objects differ in their keys, goes as it is', () => {
  const many = Array.from({ length: 2000 }, (_, position) => ({ position }));
  const odd = [{ position: 1, digest: 'x' }, { position: 1, digest: undefined }, { size: 1 }, {}];
  for (const rows of [
    [],
    many.slice(0, 10),
    ...odd.map((each) => [...many, each]),
    ...odd.map((each) => [each, ...many]),
  ]) {
    assert.equal(packed<object>(rows), rows);
    assert.equal(unpacked<object>(rows), rows);
  }
});
