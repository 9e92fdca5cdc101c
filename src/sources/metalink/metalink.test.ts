import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { parseMetalink } from './metalink.ts';

const hex = 'ab'.repeat(32);
const around = (inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">${inner}</metalink>`;
/** The example of RFC 5854 section 1.1, shortened. */
const example = around(`
  <published>2009-05-15T12:23:23Z</published>
  <file name="dir/example.ext">
    <size>14471447</size>
    <identity>Example</identity>
    <hash type="md5">${'cd'.repeat(16)}</hash>
    <hash type="sha-256">${hex.toUpperCase()}</hash>
    <pieces length="262144" type="sha-1"><hash>${'01'.repeat(20)}</hash><hash>${'02'.repeat(20)}</hash></pieces>
    <url location="de">ftp://ftp.example.com/example.ext</url>
    <url location="fr" priority="1">http://example.com/example.ext?a=1&amp;b=2</url>
    <url priority="2">https://example.com/example.ext</url>
    <metaurl mediatype="torrent">http://example.com/example.ext.torrent</metaurl>
  </file>
  <file name="second"><url>magnet:?xt=1</url><url>https://example.com/second</url></file>`);

test('files come with their links by priority, the strongest hash, size and pieces', () => {
  assert.deepEqual(parseMetalink(example), [
    {
      path: 'dir/example.ext',
      links: [
        'http://example.com/example.ext?a=1&b=2',
        'https://example.com/example.ext',
        'ftp://ftp.example.com/example.ext',
      ],
      checksum: `sha-256=${hex}`,
      size: 14_471_447,
      pieces: { algorithm: 'sha-1', length: 262_144, hashes: ['01'.repeat(20), '02'.repeat(20)] },
    },
    { path: 'second', links: ['https://example.com/second'] },
  ]);
});

test('what is no Metalink 4 is refused in one sentence that says why', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /well-formed|names no file/],
    ['<html>', /well-formed/],
    ['<!DOCTYPE x [<!ENTITY a "b">]><metalink/>', /document type/],
    [around(''), /names no file/],
    [around('<file><url>http://h/x</url></file>'), /without a name/],
    [around('<file name="x"><url>magnet:?x</url></file>'), /no link that is known here/],
    ['<metalink xmlns="http://www.metalinker.org/" version="3.0"><files/></metalink>', /another version/],
  ];
  for (const [text, says] of refused) {
    assert.throws(
      () => parseMetalink(text),
      (error) => error instanceof Failure && error.class === 'link' && says.test(error.message),
      text,
    );
  }
});

test('half understood pieces and hashes are left out', () => {
  const text = around(
    `<file name="x"><url>http://h/x</url><hash type="sha-256">xyz</hash><hash type="whirlpool">ab</hash>
     <pieces length="10" type="sha-256"><hash>${hex}</hash><hash>oops</hash></pieces></file>`,
  );
  assert.deepEqual(parseMetalink(text), [{ path: 'x', links: ['http://h/x'] }]);
});

test('whatever is in the document, links come out or one sentence, and nothing inherited is believed', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '<file name="a"><url>http://h/x</url>',
      '<file name="a">',
      '</file>',
      '<url>http://h/</url>',
      '<hash type="md5">',
      '</hash>',
      '&lt;',
      '&x;',
    ),
    fc.constantFrom('<__proto__><url>http://h/</url></__proto__>', '<constructor/>', '<![CDATA[', ']]>', '<!--', '-->'),
  );
  const sound = fc.constantFrom(
    '<file name="a"><url>http://h/x</url></file>',
    `<file name="b/c"><url>https://h/y</url><hash type="sha-256">${hex}</hash></file>`,
  );
  let files = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, sound), { maxLength: 10 }), fc.boolean(), (pieces, framed) => {
      const text = framed ? around(pieces.join('')) : pieces.join('');
      try {
        for (const file of parseMetalink(text)) {
          files += 1;
          assert.ok(file.path !== '' && file.links.length > 0);
        }
      } catch (error) {
        assert.ok(error instanceof Failure && /^[^\n]+$/.test(error.message), String(error));
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(files > 0);
});
