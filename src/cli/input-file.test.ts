import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type InputEntry, inputEntries } from './input-file.ts';

async function entries(...portions: readonly (string | Uint8Array)[]): Promise<InputEntry[]> {
  async function* stream() {
    yield* portions;
  }
  const found: InputEntry[] = [];
  for await (const entry of inputEntries(stream())) found.push(entry);
  return found;
}

const link = (line: number, text: string) => ({ line, link: text, mirrors: [], own: {} });

test('one link a line; comments, empty lines, CRLF and a byte order mark are nothing', async () => {
  assert.deepEqual(await entries('\uFEFFhttp://h/1\r\n# no\n\n  \nhttp://h/2'), [
    link(1, 'http://h/1'),
    link(5, 'http://h/2'),
  ]);
  assert.deepEqual(await entries(), []);
});

test('more links behind tabs are mirrors, and indented lines are options of the link above', async () => {
  const hex = 'a'.repeat(64);
  const text = `http://h/1\thttp://m/1\t\n  out=one.bin\n\tdir=films\n  checksum=SHA256=${hex.toUpperCase()}\n header=A: b\n header=C: d\n`;
  assert.deepEqual(await entries(text), [
    {
      line: 1,
      link: 'http://h/1',
      mirrors: ['http://m/1'],
      own: { name: 'one.bin', directory: 'films', checksum: `sha-256=${hex}`, headers: ['A: b', 'C: d'] },
    },
  ]);
});

test('what is wrong is said with its line, and the others go on', async () => {
  const found = await entries(
    ' out=x\nhttp://h/1\n ouy=red\nhttp://h/2\n checksum=oops\nhttp://h/3\n',
    'x'.repeat(70_000),
    '\nhttp://h/4\n',
  );
  assert.deepEqual(found[0], { line: 1, wrong: 'an option line stands below no link' });
  assert.match(
    JSON.stringify(found[1]),
    /"line":3.*there is no option ouy=; did you mean out=\? \(its link is left out\)/,
  );
  assert.match(JSON.stringify(found[2]), /"line":5.*checksum: .*ALGORITHM=HEX.*\(its link is left out\)/);
  assert.deepEqual(found.slice(3), [
    link(6, 'http://h/3'),
    { line: 7, wrong: 'is longer than 65536 characters' },
    link(8, 'http://h/4'),
  ]);
});

test('however the bytes are cut into portions, the same comes out', async () => {
  const text = Buffer.from('http://h/ä\n out=Ö.bin\r\n#x\nhttp://h/2\n bad\nhttp://h/3');
  const whole = await entries(text);
  assert.equal(whole.length, 3);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 6 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      assert.deepEqual(await entries(...places.slice(1).map((end, n) => text.subarray(places[n], end))), whole);
    }),
  );
});

test('whatever is in the file, each entry has its line and is a link or a sentence', async () => {
  const portion = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 50 }),
    fc.constantFrom('\n', '\r\n', '\t', ' out=', '#', 'http://h/'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(portion, { maxLength: 12 }), async (portions) => {
      let last = 0;
      for (const entry of await entries(...portions)) {
        assert.ok(entry.line > last || 'wrong' in entry);
        last = entry.line;
        if ('wrong' in entry) assert.match(entry.wrong, /\S/);
        else assert.match(entry.link, /\S/);
      }
    }),
  );
});
