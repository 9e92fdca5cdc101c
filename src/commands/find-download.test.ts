import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ambiguity } from './find-download.ts';

test('what an ambiguous beginning of a uid could mean is counted and shown with as much as tells it apart', () => {
  const uids = ['01a1fdaf-1000', '01a1fdaf-1200', '01a1fdaf-3000'];
  const rows = uids.map((uid, n) => ({ id: n + 1, uid }));
  assert.equal(ambiguity(rows), '3 downloads: 1 (01a1fdaf-10), 2 (01a1fdaf-12), 3 (01a1fdaf-3)');
  const many = Array.from({ length: 100 }, (_, n) => ({ id: n, uid: `01a1fdaf-${100 + n}` }));
  assert.match(ambiguity(many), /^100 downloads or more: 0 \(01a1fdaf-100\), .*4 \(01a1fdaf-104\), …$/);
});
