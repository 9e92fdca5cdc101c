import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verdictOnFile } from './delivered.ts';

const at = 1_700_000_000_000;
const recorded = { size: 10, identity: '1:42', modifiedAt: at } as const;
const there = { size: 10, isFile: true, isDirectory: false, device: 1, inode: 42, modifiedAt: at + 0.7 } as const;

test('the file that was delivered is known again, also after a mount that gave the device another number', () => {
  assert.equal(verdictOnFile(recorded, there), 'ours');
  assert.equal(verdictOnFile(recorded, { ...there, device: 9 }), 'ours');
  const exact = { ...recorded, modifiedAt: at + 1234 };
  assert.equal(verdictOnFile(exact, { ...there, modifiedAt: at + 1000 }), 'ours', 'kept in seconds');
  assert.equal(verdictOnFile(exact, { ...there, modifiedAt: at + 2000 }), 'ours', 'rounded up to two seconds');
  assert.equal(verdictOnFile(exact, { ...there, modifiedAt: at + 1230 }), 'ours', 'kept in hundredths');
});

test('a copy in its place is known by size and time', () => {
  assert.equal(verdictOnFile(recorded, { ...there, inode: 43 }), 'moved');
});

test('what was written to, replaced, cut, turned into something else or never recorded is not ours', () => {
  assert.equal(verdictOnFile(recorded, { ...there, size: 11 }), 'changed');
  assert.equal(verdictOnFile(recorded, { ...there, modifiedAt: at + 1003.4 }), 'changed', 'one byte, a second later');
  assert.equal(verdictOnFile(recorded, { ...there, modifiedAt: at + 4 }), 'changed');
  assert.equal(verdictOnFile(recorded, { ...there, modifiedAt: at + 2001 }), 'changed');
  assert.equal(verdictOnFile(recorded, { ...there, modifiedAt: at - 2001 }), 'changed');
  assert.equal(verdictOnFile(recorded, { ...there, isFile: false }), 'changed');
  assert.equal(verdictOnFile({ ...recorded, identity: null }, there), 'changed');
  assert.equal(verdictOnFile({ ...recorded, modifiedAt: null }, there), 'changed');
  assert.equal(verdictOnFile({ ...recorded, size: null }, there), 'changed');
  assert.equal(verdictOnFile(recorded, undefined), 'gone');
});

test('whatever differs in size or in time is never called ours', () => {
  const number = fc.integer({ min: 0, max: 2 ** 40 });
  const near = fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 }), number);
  fc.assert(
    fc.property(number, near, number, near, (size, larger, time, later) => {
      fc.pre(larger !== 0 || Math.abs(later) > 2000);
      const [otherSize, otherTime] = [size + larger, time + later];
      const facts = { ...there, size: otherSize, modifiedAt: otherTime };
      const verdict = verdictOnFile({ size, identity: '1:42', modifiedAt: time }, facts);
      assert.equal(verdict, 'changed');
    }),
  );
});
