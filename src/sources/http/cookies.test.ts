import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { cookiesFrom } from './cookies.ts';

const later = 4_102_444_800;
const file = [
  '# Netscape HTTP Cookie File',
  '',
  `.example.org\tTRUE\t/\tFALSE\t${later}\twide\t1`,
  `example.org\tFALSE\t/\tFALSE\t0\thostonly\t2`,
  `#HttpOnly_example.org\tFALSE\t/private\tTRUE\t${later}\tsecret\t3`,
  'example.org\tFALSE\t/\tFALSE\t1000000000\told\t4\r',
].join('\n');

const header = async (link: string) => (await cookiesFrom(file, 'f')).headerFor(new URL(link));

test('cookies go by domain, path, secure and expiry', async () => {
  assert.equal(await header('https://example.org/'), 'wide=1; hostonly=2');
  assert.equal(await header('https://sub.example.org/'), 'wide=1');
  assert.equal(await header('https://example.org/private/x'), 'secret=3; wide=1; hostonly=2');
  assert.equal(await header('http://example.org/private/x'), 'wide=1; hostonly=2');
  assert.equal(await header('https://example.org/privateer'), 'wide=1; hostonly=2');
  assert.equal(await header('https://badexample.org/'), undefined);
  assert.equal(await header('https://org/'), undefined);
});

test('what an answer sets is sent back, and only to where it belongs', async () => {
  const cookies = await cookiesFrom('', 'f');
  const url = new URL('https://example.org/a/b');
  await cookies.take(url, ['session=x; Path=/', 'other=y; Domain=example.com', 'broken', 'all=z; Domain=org']);
  assert.match((await cookies.headerFor(url)) ?? '', /session=x/);
  assert.doesNotMatch((await cookies.headerFor(url)) ?? '', /other|all/);
  assert.equal(await cookies.headerFor(new URL('https://example.com/')), undefined);
});

test('a line that is none is named by its number, and its text is not repeated', async () => {
  for (const line of [
    'secret',
    'a\tTRUE\t/\tFALSE\tsoon\tn\tsecret',
    'a\tTRUE\tx\tFALSE\t0\tn\tsecret',
    'a\tb\t/\tc\t0\tn\tsecret',
  ]) {
    await assert.rejects(cookiesFrom(`# x\n${line}`, '/f.txt'), (error) => {
      assert.ok(error instanceof Failure && /line 2 of the cookie file \/f\.txt/.test(error.message));
      return !error.message.includes('secret');
    });
  }
});

test('whatever is in the file, a header comes out that can be sent, or one sentence', async () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('example.org', 'TRUE', 'FALSE', '/', '0', '99999999999', 'name'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(field, { minLength: 5, maxLength: 8 }), { maxLength: 3 }), async (lines) => {
      try {
        const cookies = await cookiesFrom(lines.map((fields) => fields.join('\t')).join('\n'), 'f');
        const sent = (await cookies.headerFor(new URL('https://example.org/'))) ?? '';
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not contain them
        assert.doesNotMatch(sent, /[\u0000-\u001f\u007f]/);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
      }
    }),
  );
});

test('a host that sets cookies without end fills neither the memory nor the next request', async () => {
  const jar = await cookiesFrom('', 'x');
  const url = new URL('https://sub.example.org/');
  for (let n = 0; n < 500; n += 1) {
    await jar.take(url, [`a${n}=x; Path=/; Domain=example.org`, `b${n}=${'x'.repeat(5000)}`]);
  }
  assert.equal((await jar.headerFor(url))?.split('; ').length, 180);
  await jar.take(url, ['a0=new; Path=/; Domain=example.org']);
  assert.ok((await jar.headerFor(url))?.includes('a0=new'));
});
