import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linksInText } from './links-in-text.ts';

const key = 'k'.repeat(42);
const file = `https://mega.nz/file/AbCd_-12#${key}_`;
const folder = `https://mega.nz/folder/AbCd_-12#${'f'.repeat(21)}-`;
const magnet = `magnet:?xt=urn:btih:${'a1'.repeat(20)}&dn=A%20b&tr=udp%3A%2F%2Ft.example%3A80`;

/** A text, and what is found in it. */
const told: readonly (readonly [text: string, ...links: readonly string[]])[] = [
  ['nothing, not even http:// or magnet:?dn=x here: https://. https:// (http://)'],
  ['see https://a.example/x.zip.', 'https://a.example/x.zip'],
  [
    '(https://a.example/x), https://b.example/y; "ftp://c.example/z"!',
    'https://a.example/x',
    'https://b.example/y',
    'ftp://c.example/z',
  ],
  ['<https://a.example/x>\n<sftp://ann@b.example/y>', 'https://a.example/x', 'sftp://ann@b.example/y'],
  [
    '[film](https://a.example/f_(2024).mkv) and [https://b.example](https://b.example)',
    'https://a.example/f_(2024).mkv',
    'https://b.example',
  ],
  [
    '**https://a.example/x** _https://b.example/y_ `https://c.example/z`',
    'https://a.example/x',
    'https://b.example/y',
    'https://c.example/z',
  ],
  ['| https://a.example/x|https://b.example/y |', 'https://a.example/x', 'https://b.example/y'],
  ['a) HTTP://A.example/X?b=[1]&c={d}#e', 'HTTP://A.example/X?b=[1]&c={d}#e'],
  ['http://[::1]:8080/a, http://127.0.0.1/b', 'http://[::1]:8080/a', 'http://127.0.0.1/b'],
  ['下载https://a.example/文件.zip。还有（https://b.example/y）', 'https://a.example/文件.zip', 'https://b.example/y'],
  ['<a href="https://a.example/?x=1&amp;y=2">', 'https://a.example/?x=1&y=2'],
  ['https://a.example/x https://a.example/x', 'https://a.example/x'],
  [`${file}${folder}/file/12345678.`, file, `${folder}/file/12345678`],
  [`mega.nz/file/AbCd_-12#${key}_, www.mega.nz/#!AbCd_-12!${key}-)`, file, `https://www.mega.nz/#!AbCd_-12!${key}-`],
  [
    `https://mega.co.nz/#F!AbCd_-12!${'f'.repeat(22)}!SUB_-123 more`,
    `https://mega.co.nz/#F!AbCd_-12!${'f'.repeat(22)}!SUB_-123`,
  ],
  [`*${file}*_${folder}_`, file, folder],
  ['https://mega.nz/file/AbCd_-12#short.', 'https://mega.nz/file/AbCd_-12#short'],
  ['https://mega.nz/linux/x.deb', 'https://mega.nz/linux/x.deb'],
  [`>${magnet.replaceAll('&', '&amp;')}< ${magnet}.`, magnet],
  ['notmega.nz/file/AbCd1234#x and me@mega.nz/file/x'],
];

test('links are found as people write them', () => {
  for (const [text, ...links] of told) assert.deepEqual(linksInText(text), links, text);
});

const letters = (alphabet: string, least: number, most = least) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: least, maxLength: most }).map((each) => each.join(''));
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const word = letters('abcXYZ012-%=&+@~', 0, 8).map((text) => `${text}z`);
const link = fc.oneof(
  fc
    .tuple(fc.constantFrom('https', 'http', 'ftp', 'sftp'), word)
    .map(([scheme, path]) => `${scheme}://h.example/${path}`),
  letters(base64, 8).chain((id) => letters(base64, 43).map((secret) => `https://mega.nz/file/${id}#${secret}`)),
  letters(base64, 8).chain((id) => letters(base64, 22).map((secret) => `https://mega.nz/#F!${id}!${secret}`)),
  letters('0123456789abcdef', 40).chain((hash) => word.map((name) => `magnet:?xt=urn:btih:${hash}&dn=${name}`)),
);
const around = fc.constantFrom(
  ['', ''],
  ['(', ')'],
  ['<', '>'],
  ['[x](', ')'],
  ['"', '"'],
  ["'", "'"],
  ['**', '**'],
  ['', '.'],
  ['', ', and'],
  ['', '?!'],
  ['„', '“'],
  ['（', '）'],
);

test('whatever stands around them, exactly the links come out, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(link, around), { maxLength: 6 }), (wanted) => {
      const text = wanted.map(([one, [before, behind]]) => `${before}${one}${behind}`).join(' ');
      assert.deepEqual(linksInText(text), [...new Set(wanted.map(([one]) => one))]);
    }),
  );
});

test('any text is read, quickly, and what is found is found again in itself', () => {
  const pieces = fc.constantFrom(
    'https://',
    'magnet:?xt=urn:btih:',
    'mega.nz/#!',
    '(',
    ')',
    '[',
    '&amp;',
    '.',
    '_',
    ' ',
    'a',
    '\u0000',
    '#',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces).map((each) => each.join('')),
      ),
      (text) => {
        for (const one of linksInText(text)) assert.deepEqual(linksInText(one), [one]);
      },
    ),
    { numRuns: 300 },
  );
  const began = performance.now();
  linksInText('(((https://a.example/'.repeat(20_000));
  linksInText('.'.repeat(400_000));
  linksInText(`https://a.example/${'.'.repeat(400_000)}`);
  assert.ok(performance.now() - began < 5000);
});
