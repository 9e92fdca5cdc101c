import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { HeaderFields } from '../../net/http1/header.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';
import { retryAfter } from '../../net/http1/retry-after.ts';
import { rangeReply } from './content-range.ts';
import { integrityOf } from './integrity.ts';
import { type Asked, judge, type Verdict } from './judge.ts';
import { encodingOf } from './plan.ts';
import { statusFailure } from './status-failure.ts';
import { looksLikePage, refusePage, sniffs } from './suspect.ts';
import { type HttpToken, readToken, storedToken } from './token.ts';
import { versionOf } from './validators.ts';

function head(status: number, fields: Readonly<Record<string, string>> = {}): ResponseHead {
  const headers = new HeaderFields();
  for (const [name, value] of Object.entries(fields)) headers.add(name, value);
  return { status, reason: '', minor: 1, headers };
}

const now = Date.UTC(2026, 10, 21, 8);
const date = new Date(now).toUTCString();
const old = new Date(now - 3_600_000).toUTCString();

const tagged: HttpToken = { total: 1000, url: 'https://a/f', etag: '"one"' };
const dated: HttpToken = { total: 1000, url: 'https://a/f', lastModified: old };
const bare: HttpToken = { total: 1000, url: 'https://a/f' };
const from400 = (partial: HttpToken, overlap = false): Asked => ({ from: 400, partial, overlap });
const part = (range: string, more: Readonly<Record<string, string>> = {}) =>
  head(206, { 'content-range': range, ...more });
const good = 'bytes 400-999/1000';

function decide(asked: Asked, answer: ResponseHead): Verdict {
  return judge(asked, answer, encodingOf(answer, new URL('https://a/f.bin')) !== undefined);
}

test('206 under an equal strong validator goes on', () => {
  const body = { use: 'body', at: 400, total: 1000, proof: 'validator', ranges: true };
  assert.deepEqual(decide(from400(tagged), part(good, { etag: '"one"', 'content-length': '600' })), body);
  assert.deepEqual(decide(from400(dated), part(good, { 'last-modified': old })), body);
});

test('206 that starts earlier than asked is legal and says where', () => {
  assert.deepEqual(decide(from400(tagged), part('bytes 300-999/1000', { etag: '"one"' })), {
    use: 'body',
    at: 300,
    total: 1000,
    proof: 'validator',
    ranges: true,
  });
});

test('206 of another version or total starts over, since servers ignore If-Range', () => {
  for (const [partial, answer] of [
    [tagged, part(good, { etag: '"two"' })],
    [tagged, part('bytes 400-1999/2000', { etag: '"one"' })],
    [tagged, part('bytes 400-999/2000', { etag: '"one"' })],
    [tagged, part('bytes 400-899/900', { etag: '"one"' })],
    [dated, part(good, { 'last-modified': date })],
    [{ ...bare, hints: { lastModified: old } }, part(good, { 'last-modified': date })],
    [{ ...bare, hints: { etag: 'W/"1"' } }, part(good, { etag: 'W/"2"' })],
  ] as const) {
    const verdict = decide(from400(partial), answer);
    assert.deepEqual(
      [verdict.use, 'ask' in verdict && verdict.ask, 'changed' in verdict && verdict.changed],
      ['again', 'whole', true],
    );
  }
});

test('206 with a wrong or missing Content-Range leads to a single stream', () => {
  for (const answer of [
    head(206, { etag: '"one"' }),
    part('bytes 500-999/1000', { etag: '"one"' }),
    part('bytes=400-999/1000', { etag: '"one"' }),
    part('bytes 400-999/1000', { etag: '"one"', 'content-length': '599' }),
    part('bytes */1000', { etag: '"one"' }),
    part(good, { etag: '"one"', 'content-encoding': 'gzip' }),
  ]) {
    assert.deepEqual(decide(from400(tagged), answer), {
      use: 'again',
      ask: 'whole',
      reason: "the server's ranges are wrong",
      changed: false,
    });
  }
});

test('206 without the stored validator is compared byte by byte before it goes on', () => {
  const verdict = decide(from400(tagged), part(good));
  assert.deepEqual([verdict.use, 'ask' in verdict && verdict.ask], ['again', 'overlap']);
  assert.deepEqual(decide(from400(bare, true), part('bytes 400-999/1000')), {
    use: 'body',
    at: 400,
    total: 1000,
    proof: 'overlap',
    ranges: true,
  });
});

test('without validator and without equal totals nothing is continued', () => {
  for (const [partial, range] of [
    [{ ...bare, total: null }, good],
    [bare, 'bytes 400-999/*'],
  ] as const) {
    const verdict = decide(from400(partial, true), part(range));
    assert.deepEqual([verdict.use, 'ask' in verdict && verdict.ask], ['again', 'whole']);
  }
});

test('206 to a question without range is only taken when it is the whole', () => {
  const asked: Asked = { from: undefined, overlap: false };
  assert.equal(decide(asked, part('bytes 0-999/1000')).use, 'body');
  assert.equal(decide(asked, part('bytes 0-998/1000')).use, 'nothing');
  assert.equal(decide(asked, head(206)).use, 'nothing');
});

test('200 to a range is never appended: the same version begins at 0, another one starts over', () => {
  const whole = (fields: Readonly<Record<string, string>>) => head(200, { 'content-length': '1000', ...fields });
  assert.deepEqual(decide(from400(tagged), whole({ etag: '"one"' })), {
    use: 'body',
    at: 0,
    total: 1000,
    proof: 'validator',
    ranges: false,
  });
  const changed = decide(from400(tagged), whole({ etag: '"two"' }));
  assert.deepEqual([changed.use, 'changed' in changed && changed.changed], ['fresh', true]);
  const shorter = decide(from400(bare), head(200, { 'content-length': '999' }));
  assert.deepEqual([shorter.use, 'changed' in shorter && shorter.changed], ['fresh', true]);
  const unknown = decide(from400(bare), whole({}));
  assert.deepEqual([unknown.use, 'changed' in unknown && unknown.changed], ['fresh', false]);
});

test('416 is complete only if sizes agree, which the last byte has to show', () => {
  const outside = (total: number) => head(416, { 'content-range': `bytes */${total}` });
  const unknownTotal: HttpToken = { ...tagged, total: null };
  const end = judge({ from: 1000, partial: unknownTotal, overlap: false }, outside(1000), false);
  assert.deepEqual([end.use, 'ask' in end && end.ask], ['again', 'end']);
  const smaller = decide(from400(tagged), outside(300));
  assert.deepEqual(
    [smaller.use, 'ask' in smaller && smaller.ask, 'changed' in smaller && smaller.changed],
    ['again', 'whole', true],
  );
  const silly = decide(from400(tagged), head(416));
  assert.deepEqual(
    [silly.use, 'ask' in silly && silly.ask, 'changed' in silly && silly.changed],
    ['again', 'whole', false],
  );
});

test('304 and 412 on a partial start over, and never count as success', () => {
  for (const status of [304, 412]) {
    const verdict = decide(from400(tagged), head(status));
    assert.deepEqual([verdict.use, 'ask' in verdict && verdict.ask], ['again', 'whole']);
    assert.equal(decide({ from: undefined, overlap: false }, head(status)).use, 'nothing');
  }
});

test('property: no answer lets bytes be joined at another offset, total or version', () => {
  const ranges = ['400-999/1000', '0-999/1000', '400-998/1000', '500-999/1000', '400-1999/2000', '400-999/*', '*/1000'];
  /** `missing`: so often, against 4 of its own and one of anybody's. */
  const of = (missing: number, ...own: readonly string[]) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...own) },
      { weight: 1, arbitrary: fc.constantFrom('x', '"one"', old, 'bytes 400-999/1000', '600') },
      { weight: missing, arbitrary: fc.constant(undefined) },
    );
  const fields = fc.record({
    etag: of(1, '"one"', '"two"', 'W/"one"'),
    'last-modified': of(1, old, date),
    'content-range': of(1, ...ranges.map((range) => `bytes ${range}`)),
    'content-length': of(5, '1000', '600'),
    'content-encoding': of(40, 'gzip'),
  });
  const joined = { validator: 0, overlap: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(200, 206, 206, 206, 304, 412, 416),
      fields,
      fc.constantFrom(tagged, dated, bare),
      fc.boolean(),
      (status, given, partial, overlap) => {
        const verdict = decide(from400(partial, overlap), head(status, JSON.parse(JSON.stringify(given))));
        if (verdict.use !== 'body') return;
        assert.ok(verdict.at <= 400);
        assert.equal(verdict.total, 1000);
        joined[verdict.proof === 'validator' ? 'validator' : 'overlap'] += 1;
        if (verdict.proof === 'validator') {
          assert.ok(
            partial.etag !== undefined ? given.etag === partial.etag : given['last-modified'] === partial.lastModified,
          );
        } else {
          assert.ok(overlap);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(joined.validator > 0 && joined.overlap > 0, 'some could be joined');
});

test('only a strong ETag, or a settled date where there is no ETag, is a validator', () => {
  assert.deepEqual(versionOf(head(200, { etag: '"a"', 'last-modified': old, date })), { etag: '"a"' });
  assert.deepEqual(versionOf(head(200, { 'last-modified': old, date })), { lastModified: old });
  const recent = new Date(now - 59_000).toUTCString();
  assert.deepEqual(versionOf(head(200, { 'last-modified': recent, date })), { hints: { lastModified: recent } });
  assert.deepEqual(versionOf(head(200, { etag: 'W/"a"', 'last-modified': old, date })), {
    hints: { etag: 'W/"a"', lastModified: old },
  });
  assert.deepEqual(versionOf(head(200, { etag: 'a' })), { hints: { etag: 'a' } });
  assert.deepEqual(versionOf(head(200)), {});
});

test('Content-Range is read strictly', () => {
  assert.deepEqual(rangeReply('bytes 0-0/1'), { kind: 'part', from: 0, to: 1, total: 1 });
  assert.deepEqual(rangeReply('bytes 5-9/*'), { kind: 'part', from: 5, to: 10, total: null });
  assert.deepEqual(rangeReply('bytes */10'), { kind: 'outside', total: 10 });
  assert.deepEqual(rangeReply(undefined), { kind: 'absent' });
  for (const text of [
    '',
    'bytes',
    'bytes 1-0/5',
    'bytes 0-5/5',
    'bytes 0-1',
    'bytes 0-1/-5',
    'bytes -1-1/5',
    'items 0-1/5',
    'bytes 0-1/5 ',
    'bytes 0-1/5, bytes 2-3/5',
    'bytes 0-9007199254740992/9007199254740993',
    'bytes */*',
  ]) {
    assert.deepEqual(rangeReply(text), { kind: 'wrong' }, text);
  }
});

test('property: Content-Range never yields an impossible range', () => {
  const number = fc.oneof(fc.nat().map(String), fc.constantFrom('*', '-', '', '99999999999999999', ' 1'));
  const text = fc.oneof(
    fc.string(),
    fc.tuple(number, number, number).map(([a, b, c]) => `bytes ${a}-${b}/${c}`),
  );
  fc.assert(
    fc.property(text, (value) => {
      const reply = rangeReply(value);
      if (reply.kind === 'part')
        assert.ok(reply.from >= 0 && reply.from < reply.to && (reply.total === null || reply.to <= reply.total));
    }),
    { numRuns: 1000 },
  );
});

test('Retry-After is seconds, or a date against the server’s own clock', () => {
  assert.equal(retryAfter('120', undefined, now), now + 120_000);
  const ahead = (ms: number): string => new Date(now + 86_400_000 + ms).toUTCString();
  assert.equal(retryAfter(ahead(30_000), ahead(0), now), now + 30_000);
  assert.equal(retryAfter(new Date(now + 30_000).toUTCString(), undefined, now), now + 30_000);
  assert.equal(retryAfter(old, date, now), now);
  for (const text of [undefined, '', '-1', '1.5', 'soon', '1e3', '99999999999'])
    assert.equal(retryAfter(text, date, now), undefined, text);
});

test('property: Retry-After is never in the past, whatever stands there', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
      ),
      fc.option(fc.string()),
      (value, sent) => {
        const at = retryAfter(value, sent ?? undefined, now);
        assert.ok(at === undefined || at >= now);
      },
    ),
  );
});

test('each status that carries no file has its class and its time', () => {
  const failure = (status: number, fields = {}, text = '') => statusFailure(head(status, fields), 'a:80', text, now);
  const rows: readonly [Failure, Failure['class'], Failure['retry']][] = [
    [failure(404), 'refused', { when: 'never' }],
    [failure(401), 'refused', { when: 'never' }],
    [failure(403), 'refused', { when: 'never' }],
    [failure(429), 'rate_limit', { when: 'later', reason: 'rate_limit' }],
    [failure(429, { 'retry-after': '5' }), 'rate_limit', { when: 'later', reason: 'rate_limit', at: now + 5000 }],
    [failure(503, { 'retry-after': '5' }), 'rate_limit', { when: 'later', reason: 'rate_limit', at: now + 5000 }],
    [failure(503), 'server', { when: 'now' }],
    [failure(500), 'server', { when: 'now' }],
    [failure(502, { 'retry-after': '5' }), 'server', { when: 'later', reason: 'backoff', at: now + 5000 }],
    [failure(408), 'server', { when: 'now' }],
    [failure(509), 'quota', { when: 'later', reason: 'quota' }],
    [failure(403, {}, 'Sorry, your download quota has been exceeded.'), 'quota', { when: 'later', reason: 'quota' }],
    [
      failure(503, { 'retry-after': '9' }, 'Bandwidth limit exceeded'),
      'quota',
      { when: 'later', reason: 'quota', at: now + 9000 },
    ],
    [failure(304), 'protocol', { when: 'now' }],
    [failure(204), 'server', { when: 'now' }],
  ];
  for (const [found, failureClass, retry] of rows) {
    assert.equal(found.class, failureClass, found.message);
    assert.deepEqual(found.retry, retry, found.message);
  }
});

test('HTML where a file was expected is suspect; a page that was asked for is not', () => {
  const html = head(200, { 'content-type': 'text/html; charset=utf-8' });
  const suspect = (link: string, answer = html, earlier?: HttpToken): boolean => {
    try {
      refusePage(answer, new URL(link), 'a:80', earlier);
      return false;
    } catch (error) {
      assert.ok(error instanceof Failure && error.class === 'suspect');
      return true;
    }
  };
  assert.equal(suspect('https://a/file.zip'), true);
  assert.equal(suspect('https://a/file.tar.gz?x=y'), true);
  for (const link of ['https://a/', 'https://a/page', 'https://a/x.html', 'https://a/x.php', 'https://a/v1.2']) {
    assert.equal(suspect(link), false, link);
  }
  assert.equal(suspect('https://a/get', html, { ...bare, type: 'application/zip' }), true);
  assert.equal(suspect('https://a/get', html, { ...bare, type: 'text/html' }), false);
  const named = head(200, { 'content-type': 'text/html', 'content-disposition': 'attachment; filename=report.html' });
  assert.equal(suspect('https://a/export.do.zip', named), false);
});

test('the bytes are looked at where neither link nor type speak of a page or of text', () => {
  const type = (value: string) => head(200, value ? { 'content-type': value } : {});
  assert.equal(sniffs(type('application/zip'), new URL('https://a/get')), true);
  assert.equal(sniffs(type('application/octet-stream'), new URL('https://a/f.zip')), true);
  assert.equal(sniffs(type(''), new URL('https://a/f.zip')), true);
  for (const [declared, link] of [
    ['text/plain', 'https://a/f.html'],
    ['text/html', 'https://a/'],
    ['', 'https://a/'],
    ['', 'https://a/f.txt'],
    ['application/octet-stream', 'https://a/f.html'],
    ['application/xml', 'https://a/f'],
  ] as const) {
    assert.equal(sniffs(type(declared), new URL(link)), false, `${declared} ${link}`);
  }
  for (const page of ['<!DOCTYPE html>', '\xef\xbb\xbf\n <html>', '<!-- saved -->\n<!doctype HTML >', '<html lang=de>'])
    assert.equal(looksLikePage(page), true, page);
  for (const file of ['PK\x03\x04', '<?xml version="1.0"?><html>', '<svg>', 'text <html>', '<htmlx'])
    assert.equal(looksLikePage(file), false, file);
});

test('integrity is what the framing and the validators prove', () => {
  const facts = { validated: false, doubtful: false, sized: true, framing: 'length' } as const;
  assert.equal(integrityOf({ ...facts, validated: true }), 'validator');
  assert.equal(integrityOf(facts), 'length');
  assert.equal(integrityOf({ ...facts, sized: false, framing: 'chunked', validated: true }), 'length');
  assert.equal(integrityOf({ ...facts, sized: false, framing: 'close', validated: true }), 'unverified');
  assert.equal(integrityOf({ ...facts, validated: true, doubtful: true }), 'unverified');
});

test('an encoding that was not asked for is told, unless the file itself is a .gz or a .zst', () => {
  const zstd = head(200, { 'content-encoding': 'zstd' });
  assert.equal(encodingOf(zstd, new URL('https://a/f.tar.gz')), 'zstd');
  assert.equal(encodingOf(zstd, new URL('https://a/f.tar.zst')), undefined);
  const gzip = head(200, { 'content-encoding': 'gzip' });
  assert.equal(encodingOf(gzip, new URL('https://a/f.bin')), 'gzip');
  assert.equal(encodingOf(gzip, new URL('https://a/f.tar.gz')), undefined);
  assert.equal(
    encodingOf(
      head(200, { 'content-encoding': 'x-gzip', 'content-type': 'application/x-gzip' }),
      new URL('https://a/f'),
    ),
    undefined,
  );
  assert.equal(encodingOf(head(200, { 'content-encoding': 'br, gzip' }), new URL('https://a/f.gz')), 'br, gzip');
  assert.equal(encodingOf(head(200, { 'content-encoding': 'identity' }), new URL('https://a/f')), undefined);
});

test('property: a token survives being stored, and any stored thing can be read', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('total', 'url', 'etag', 'lastModified', 'hints', 'digests', 'doubtful', 'type'),
        fc.anything(),
      ),
      (stored) => {
        const token = readToken(stored);
        assert.deepEqual(readToken(JSON.parse(JSON.stringify(storedToken(token)))), token);
      },
    ),
  );
});
