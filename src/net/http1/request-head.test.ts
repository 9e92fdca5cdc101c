import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { requestHead } from './request-head.ts';

test('a request names host and target and carries its headers', () => {
  assert.equal(
    requestHead(new URL('http://me:secret@Example.com:8080/a%20b?c=d#e'), [['A', 'b']]),
    'GET /a%20b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nA: b\r\n\r\n',
  );
});

test('a header that would break out of its line is refused, and its value is not repeated', () => {
  for (const [name, value] of [
    ['A', 'secret\r\nB: c'],
    ['A', 'secret\n'],
    ['A', 'secret\0'],
    ['A B', 'secret'],
    ['A:', 'secret'],
    ['', 'secret'],
    ['A\r\nB', 'secret'],
    ['A', 'secret…'],
  ] as const) {
    assert.throws(
      () => requestHead(new URL('http://a/'), [[name, value]]),
      (error) => error instanceof Failure && error.class === 'link' && !error.message.includes('secret'),
    );
  }
});

test('property: whatever the link and the headers are, a request has exactly the lines it should have', () => {
  const text = fc
    .array(fc.oneof(fc.string(), fc.constantFrom('\r\n', '\n', '\r', '\0', '%0d%0a', ':', ' HTTP/1.1', 'Host: x')), {
      maxLength: 4,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      text,
      fc.oneof(fc.constantFrom('A', 'Cookie'), text),
      text,
      (link, path, name, value) => {
        const url = URL.parse(link + path);
        if (!url) return;
        try {
          const head = requestHead(url, [[name, value]]);
          assert.equal(head.split('\r\n').length, 5);
          assert.equal(head.split(/[\r\n]/).length, 9);
        } catch (error) {
          assert.ok(error instanceof Failure, String(error));
        }
      },
    ),
  );
});
