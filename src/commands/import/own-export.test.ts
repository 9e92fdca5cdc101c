import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isUnfinished, statuses } from '../../downloads/states.ts';
import { exportEntry } from './own-export.ts';

const uid = '01a1fd58-d46d-71f5-b83b-7cffb3664a18';
const entry = (value: unknown) => exportEntry({ line: 3, key: null, value });
const whole = { uid, link: 'http://h/f', status: 'completed', createdAt: '2026-11-21T10:00:00.000Z' };

test('an entry keeps its uid, its times and the caller’s own metadata', () => {
  assert.partialDeepStrictEqual(
    entry({ ...whole, metadata: { order: 42 }, category: 'films', integrity: 'checksum' }),
    {
      key: uid,
      link: 'http://h/f',
      status: 'completed',
      createdAt: Date.UTC(2026, 10, 21, 10),
      metadata: { order: 42 },
      own: { uid, category: 'films', integrity: 'checksum', errorClass: null },
    },
  );
});

test('nobody holds what was only read', () => {
  for (const status of statuses) {
    const row = entry({ ...whole, status });
    const expected = isUnfinished(status) ? (status === 'paused' ? 'paused' : 'pending') : status;
    assert.equal('status' in row && row.status, expected);
    const bare = entry({ ...whole, status, secretsLeftOut: true });
    assert.equal('status' in bare && bare.status, isUnfinished(status) ? 'paused' : status);
  }
});

test('options of another form are left out, and nothing else is let in', () => {
  const options = {
    headers: 'X: y',
    rate: 5000,
    maxTries: -1,
    cookieFile: 'relative',
    checksum: 'md5',
    user: 'ann',
    x: 1,
  };
  const row = entry({ ...whole, options: { ...options, userAgent: 'a\nb' } });
  assert.deepEqual('options' in row && row.options, { rate: 5000, user: 'ann' });
});

test('what has no uid or no state is named with its line', () => {
  assert.deepEqual(entry({ ...whole, uid: 'x' }), { line: 3, wrong: 'an entry has no uid that is whole' });
  assert.deepEqual(entry({ ...whole, status: 'x' }), {
    line: 3,
    wrong: `the entry "${uid}" has no state that is known`,
  });
  assert.deepEqual(entry(7), { line: 3, wrong: 'an entry is no object' });
});

test('whatever is written there, it is a row or named', () => {
  const record = fc.dictionary(
    fc.constantFrom(...Object.keys(whole), 'options', 'error', 'path', 'metadata'),
    fc.anything(),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        record,
        record.map((given) => ({ ...given, uid, status: 'failed' })),
        fc.anything(),
      ),
      (value) => {
        const found = entry(value);
        assert.ok('wrong' in found || 'link' in found);
      },
    ),
  );
});
