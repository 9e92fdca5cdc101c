import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SessionReader } from './aria2-session.ts';
import { formatOf } from './formats.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Found } from './read-row.ts';

function found(text: string): Found[] {
  const [lines, session] = [new LineSplitter(), new SessionReader()];
  return [...[...lines.push(text), ...lines.end()].flatMap((line) => session.line(line)), ...session.end()];
}

const digest = 'a'.repeat(64);
const saved = `https://host/a.iso\thttps://mirror/a.iso\tftp://mirror/a.iso
 gid=2089b05ecca3d829
 dir=/srv/in
 out=sub/b.iso
 checksum=sha-256=${digest}
 header=Cookie: a=b
 header=X-Y: z
 pause=true
 max-download-limit=500K
 split=100
 max-tries=0
 retry-wait=3
 http-user=ann
 http-passwd=secret
 rpc-secret=topsecret
 piece-length=1048576
magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=x
 gid=0000000000000001
 select-file=1,3
`;

test('an entry of an aria2 session keeps its links, its options and what Longhaul has no place for', () => {
  const format = formatOf(saved);
  assert.ok('what' in format && format.what === 'a session of aria2');
  const [first, second, ...more] = found(saved);
  assert.deepEqual(more, []);
  assert.partialDeepStrictEqual(first, {
    line: 1,
    origin: 'aria2',
    key: '2089b05ecca3d829',
    link: 'https://host/a.iso',
    status: 'paused',
    directory: '/srv/in',
  });
  assert.ok(first && 'options' in first);
  assert.deepEqual(first.options, {
    name: 'b.iso',
    headers: ['Cookie: a=b', 'X-Y: z'],
    checksum: `sha-256=${digest}`,
    user: 'ann',
    password: 'secret',
    retryWait: 3000,
    connections: 64,
    rate: 512_000,
    mirrors: ['https://mirror/a.iso'],
  });
  assert.deepEqual(first.metadata, { 'piece-length': '1048576' });
  assert.partialDeepStrictEqual(second, { line: 17, status: 'pending', metadata: { 'select-file': '1,3' } });
});

test('lines that are damaged are told, and cost no other', () => {
  const all = found(
    ' dir=/x\nhttps://host/a\n nonsense\n checksum=md9=1\n header=a\n\0\0\0\nwhat is this\nhttps://host/b\n',
  );
  assert.deepEqual(
    all.map((one) => ('wrong' in one ? one.line : 'link' in one ? one.link : one)),
    [1, 3, 'https://host/a', 2, 2, 7, 'https://host/b'],
  );
});

test('an entry without a GID has the same key each time, and another file another one', () => {
  const keys = (text: string) => found(text).map((one) => ('key' in one ? one.key : one));
  assert.deepEqual(keys('https://host/a\n out=x\n'), keys('https://host/a\n out=x\n pause=true\n'));
  assert.notDeepEqual(keys('https://host/a\n out=x\n'), keys('https://host/a\n out=y\n'));
});

test('any text gives answers', () => {
  const text = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('https://host/a', ' gid=1', ' out=..', ' split=0', '\tx=1')),
  );
  fc.assert(
    fc.property(text, (lines) => {
      for (const one of found(lines.join('\n'))) {
        if ('options' in one) assert.ok((one.options.connections ?? 1) >= 1 && !one.options.name?.includes('/'));
      }
    }),
    { numRuns: 500 },
  );
});
