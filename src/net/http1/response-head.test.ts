import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { type ResponseHead, ResponseHeadReader } from './response-head.ts';

function read(text: string, cuts: readonly number[] = []): { head: ResponseHead | undefined; taken: number } {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ResponseHeadReader();
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    const taken = reader.push(bytes, at, end - at);
    at += taken;
    if (reader.head) break;
  }
  return { head: reader.head, taken: at };
}

const refused = (text: string, why: RegExp): void => {
  assert.throws(
    () => read(text),
    (error) => error instanceof Failure && error.class === 'protocol' && why.test(error.message),
    JSON.stringify(text.slice(0, 80)),
  );
};

test('a head is read, and the body after it is left alone', () => {
  const { head, taken } = read('HTTP/1.1 206 Partial Content\r\nETag: "a"\r\nvia:  x \r\nVia:y\r\n\r\nbody');
  assert.equal(head?.status, 206);
  assert.equal(head.reason, 'Partial Content');
  assert.equal(head.headers.get('etag'), '"a"');
  assert.deepEqual(head.headers.members('VIA'), ['x', 'y']);
  assert.equal(taken, 'HTTP/1.1 206 Partial Content\r\nETag: "a"\r\nvia:  x \r\nVia:y\r\n\r\n'.length);
});

test('a missing reason, HTTP/1.0 and bare line feeds are understood', () => {
  assert.equal(read('HTTP/1.0 200\n\n').head?.minor, 0);
  assert.equal(read('HTTP/1.1 200 \r\nA: b\n\r\n').head?.headers.get('a'), 'b');
});

test('interim answers are skipped', () => {
  const { head } = read(
    'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  );
  assert.equal(head?.status, 200);
  assert.equal(head.headers.has('link'), false);
  refused('HTTP/1.1 100 Continue\r\n\r\n'.repeat(21), /interim/);
  refused('HTTP/1.1 101 Switching Protocols\r\n\r\n', /switched/);
});

test('what is not HTTP/1 is told from its first bytes', () => {
  for (const text of [
    'SSH-2.0-x',
    '\x15\x03\x01',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    '\r\n\r\n',
  ]) {
    refused(text, /HTTP/);
  }
});

test('malformed header lines are refused', () => {
  for (const line of ['A : b', ' folded', 'no colon', ': empty', 'A: x\ry', 'A: \0', 'Ä: b', 'A: b\r\n  folded']) {
    refused(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, /header line/);
  }
});

test('heads of more than 16 KiB or 200 headers are refused, whether they end or not', () => {
  refused(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(16_400)}\r\n\r\n`, /longer/);
  refused(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(16_400)}`, /longer/);
  refused(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(201)}\r\n`, /200 headers/);
  assert.equal(read(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(200)}\r\n`).head?.status, 200);
});

test('headers named like members of every object are just headers', () => {
  const { head } = read('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\n\r\n');
  assert.equal(head?.headers.get('__proto__'), 'x');
  assert.equal(head?.headers.get('constructor'), 'y');
  assert.equal(head?.headers.get('toString'), undefined);
});

test('property: however a head is cut into portions, the same comes out', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
  const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 999 }),
      fc.array(fc.tuple(name, value), { maxLength: 20 }),
      fc.array(fc.nat()),
      fc.string({ unit: 'binary-ascii' }),
      (status, lines, cuts, body) => {
        const start = `HTTP/1.1 ${status} OK\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`;
        const { head, taken } = read(start + body, cuts);
        assert.equal(taken, start.length);
        assert.equal(head?.status, status);
        for (const [n] of lines) {
          const first = lines.find(([other]) => other.toLowerCase() === n.toLowerCase())?.[1];
          assert.equal(head?.headers.get(n), first);
        }
      },
    ),
  );
});

test('property: any bytes give a head, a wish for more, or a protocol failure', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary-ascii' }),
    fc
      .array(fc.constantFrom('HTTP/1.1 200 OK', '\r\n', '\n', '\r', ':', ' ', 'A', '\0', 'HTTP/1.1 100 x', '\r\n\r\n'))
      .map((parts) => parts.join('')),
    fc.string({ unit: 'binary-ascii' }).map((text) => `HTTP/1.1 200 OK\r\n${text}\r\n\r\n`),
  );
  fc.assert(
    fc.property(hostile, fc.array(fc.nat()), (text, cuts) => {
      try {
        const { head, taken } = read(text, cuts);
        assert.ok(taken <= text.length);
        if (head) assert.ok(head.status >= 200 && head.status <= 999);
      } catch (error) {
        assert.ok(error instanceof Failure && error.class === 'protocol', String(error));
      }
    }),
    { numRuns: 500 },
  );
});
