import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskLink } from './mask-link.ts';

test('user name and password before the host are masked', () => {
  assert.equal(maskLink('https://ann:s3cret@host:8080/a?b=c#d'), 'https://***@host:8080/a?b=c#d');
  assert.equal(maskLink('https://ann@host/'), 'https://***@host/');
  assert.equal(maskLink('ftp://a:p@ss@host/x'), 'ftp://***@host/x');
  assert.equal(maskLink('  HTTP:\\\\a:b@host/x'), '  HTTP:\\\\***@host/x');
});

test('an @ in the path or the query is no user name', () => {
  assert.equal(maskLink('https://host/@ann/x?mail=a@b'), 'https://host/@ann/x?mail=a@b');
  assert.equal(maskLink('https://host?x=@y'), 'https://host?x=@y');
});

test('passwords in the query are masked, the rest stays', () => {
  assert.equal(
    maskLink('http://tv/get.php?username=ann&password=s3cret&type=m3u'),
    'http://tv/get.php?username=ann&password=***&type=m3u',
  );
  assert.equal(maskLink('http://h/?Token=abc;x=1#password=kept'), 'http://h/?Token=***;x=1#password=kept');
  assert.equal(maskLink('http://h/?passage=abc'), 'http://h/?passage=abc');
});

test('what is no link stays as it is', () => {
  for (const text of ['', 'film.mkv', 'a@b', 'mailto']) assert.equal(maskLink(text), text);
});

test('no password survives, whatever surrounds it', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9:@!$.+-]{0,12}$/);
  fc.assert(
    fc.property(word, word, fc.webPath(), (user, host, path) => {
      const masked = maskLink(`https://${user}:PLANTED@h${host.replace(/[@:]/g, '')}${path}`);
      assert.doesNotMatch(masked, /PLANTED/);
      assert.ok(masked.endsWith(path));
    }),
  );
});
