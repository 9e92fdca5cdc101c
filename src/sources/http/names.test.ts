import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startFaultServer } from '../../../test/support/fault-server.ts';
import { httpSource } from '../../../test/support/http-bench.ts';
import { runs } from '../../../test/support/runs.ts';
import { Failure } from '../../downloads/failure.ts';
import { HeaderFields } from '../../net/http1/header.ts';
import { digestsOf, runningDigest } from './digests.ts';
import { isWebLink, linkKey, withoutSecrets } from './link.ts';
import { dispositionName, endingOf, nameOf } from './name.ts';
import { requestHeaders } from './request-headers.ts';

function fieldsOf(lines: readonly (readonly [string, string])[]): HeaderFields {
  const headers = new HeaderFields();
  for (const [name, value] of lines) headers.add(name, value);
  return headers;
}

test('Content-Disposition is read as RFC 6266 and RFC 8187 say, and as servers write it', () => {
  const rows: readonly [string, string | undefined][] = [
    ['attachment; filename="a b.zip"', 'a b.zip'],
    ['attachment; filename=a.zip', 'a.zip'],
    ['attachment; filename="x.zip"; filename*=UTF-8\'\'%e2%82%ac.zip', '€.zip'],
    ['attachment; filename*=UTF-8\'\'%e2%82%ac.zip; filename="x.zip"', '€.zip'],
    ['inline; filename="a\\"b.zip"', 'a"b.zip'],
    [`attachment; filename="${Buffer.from('é.zip', 'utf8').toString('latin1')}"`, 'é.zip'],
    ['attachment; filename="\xe9.zip"', 'é.zip'],
    ['attachment; filename="../../x"', '../../x'],
    ['attachment', undefined],
    ['attachment; filename=""', undefined],
    ['attachment; filename="  "', undefined],
    ['', undefined],
  ];
  for (const [value, name] of rows) assert.equal(dispositionName(value), name, value);
  assert.equal(dispositionName(undefined), undefined);
});

test('property: no Content-Disposition throws, and a name is never empty', () => {
  const piece = fc.constantFrom(
    'attachment',
    ';',
    'filename',
    'filename*',
    '=',
    '"',
    "UTF-8''",
    '%e2%82',
    '%',
    '\\',
    'a.zip',
    ' ',
    '\xff',
    "'",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((parts) => parts.join('')),
      ),
      (value) => {
        const name = dispositionName(value);
        assert.ok(name === undefined || name.trim() !== '');
      },
    ),
    { numRuns: runs(100) },
  );
});

test('property: a name that was encoded by the rules comes out again', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name.trim() === name && name.isWellFormed()),
      (name) => {
        const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
        assert.equal(dispositionName(`attachment; filename*=UTF-8''${encoded}`), name);
      },
    ),
  );
});

test('without it the link names the file, the redirected one where only that has an ending', () => {
  const name = (final: string, original = final, type = '') =>
    nameOf(
      { status: 200, reason: '', minor: 1, headers: fieldsOf([['Content-Type', type]]) },
      new URL(final),
      new URL(original),
    );
  assert.equal(name('https://a/x/f%20%C3%A9.zip?y=z.w'), 'f é.zip');
  assert.equal(name('https://cdn/v1/f-1.2.zip', 'https://a/latest'), 'f-1.2.zip');
  assert.equal(name('https://cdn/d3adb33f', 'https://a/f.zip'), 'f.zip');
  assert.equal(name('https://a/folder/'), 'folder');
  assert.equal(name('https://a/'), 'a');
  assert.equal(name('https://a/', 'https://a/', 'text/html'), 'index.html');
  assert.equal(name('https://a/%ff.zip'), '%ff.zip');
});

test('an ending is only what looks like one', () => {
  for (const [name, ending] of [
    ['a.zip', 'zip'],
    ['a.tar.GZ', 'gz'],
    ['a', ''],
    ['.zip', ''],
    ['v1.2', ''],
    ['a.mp4', 'mp4'],
    ['a.toolongending', ''],
  ] as const) {
    assert.equal(endingOf(name), ending, name);
  }
});

test('the normal form of a link changes scheme, host, default port and fragment only', () => {
  assert.equal(linkKey('HTTP://Example.COM:80/A/b?C=d#e'), 'http://example.com/A/b?C=d');
  assert.equal(linkKey(' https://example.com:443 '), 'https://example.com/');
  assert.equal(linkKey('https://example.com:8443/'), 'https://example.com:8443/');
  assert.notEqual(linkKey('https://example.com/a'), linkKey('https://example.com/a/'));
});

test('user name and password tell links apart without being shown', () => {
  const key = linkKey('https://me:hunter2@example.com/a');
  assert.doesNotMatch(key, /hunter2|me:/);
  assert.notEqual(key, linkKey('https://me:other@example.com/a'));
  assert.notEqual(key, linkKey('https://example.com/a'));
  assert.equal(withoutSecrets(new URL('https://me:hunter2@example.com/a#x')), 'https://example.com/a');
});

test('property: a normal form is its own (but for a user name), and what is malformed is refused', () => {
  const link = fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.string().map((text) => `https://${text}`),
  );
  fc.assert(
    fc.property(link, (given) => {
      assert.ok(isWebLink(given));
      try {
        const key = linkKey(given);
        assert.equal(linkKey(key), key.replace(/#user-[0-9a-f]{16}$/, ''));
        assert.equal(new URL(key).username + new URL(key).password, '');
      } catch (error) {
        assert.ok(error instanceof Failure && error.class === 'link', String(error));
      }
    }),
  );
  assert.throws(
    () => linkKey('https://me:hunter2@[bad/'),
    (error) => error instanceof Failure && !error.message.includes('hunter2'),
  );
});

test('a malformed link is named with its fault, and without what may be a password', () => {
  const faults: readonly [string, RegExp][] = [
    [
      'http://host:99999/x',
      /^the link "http:\/\/host:99999\/x" is malformed: there is no port 99999; it should look like https/,
    ],
    [
      'http://me:planted@host:99999/x',
      /^the link "http:\/\/\*\*\*@host:99999\/x" is malformed: there is no port 99999/,
    ],
    ['http:///x', /it names no host/],
    ['https://', /it names no host/],
    ['https://exa mple/x', /"exa mple" is no host/],
    ['http://host:port/x', /a port is a number/],
    ['http://[::1/x', /"\[::1" is no address/],
    [
      'http://me:planted/x@[bad/',
      /^the link "http:\/\/\*\*\*@\[bad\/" is malformed: its host or its path cannot be read/,
    ],
    [`http://h:99999/${'x'.repeat(9000)}`, /^.{80,300}$/],
  ];
  for (const [link, says] of faults) {
    assert.throws(
      () => linkKey(link),
      (error) => error instanceof Failure && says.test(error.message) && !error.message.includes('planted'),
      link,
    );
  }
});

const wanted = { userAgent: 'u', lines: [] as string[], link: new URL('https://me:p%40ss@a/') };

test('user name and password of the link become basic authentication', () => {
  const headers = new Map(requestHeaders(wanted, 'own'));
  assert.equal(headers.get('Authorization'), `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.equal(headers.get('Accept-Encoding'), 'identity');
});

test('later headers replace earlier ones, an empty one leaves it out', () => {
  const headers = requestHeaders(
    { ...wanted, ownLines: ['user-agent: mine', 'Accept:', 'X-A: 1', 'x-a: 2', 'Authorization: Bearer t'] },
    'own',
  );
  assert.deepEqual(headers, [
    ['user-agent', 'mine'],
    ['x-a', '2'],
    ['Authorization', 'Bearer t'],
    ['Accept-Encoding', 'identity'],
  ]);
});

test('nothing that may be a secret goes to another origin', () => {
  const lines = ['Cookie: a=b', 'X-Api-Key: k', 'Referer: https://a/', 'Accept-Language: de'];
  const names = requestHeaders({ ...wanted, lines, ownLines: lines, user: 'u', bearer: 'b' }, 'foreign').map(
    ([name]) => name,
  );
  assert.deepEqual(names, ['User-Agent', 'Accept', 'Referer', 'Accept-Language', 'Accept-Encoding']);
});

test('the more exact goes before: netrc, config, host, link, download', () => {
  const authorization = (
    more: Partial<Parameters<typeof requestHeaders>[0]>,
    asked: 'own' | 'mirror' | 'foreign' = 'own',
  ) => {
    const headers = new Map(requestHeaders({ ...wanted, link: new URL('https://a/'), ...more }, asked));
    const value = headers.get('Authorization') ?? '';
    return value.startsWith('Basic ') ? Buffer.from(value.slice(6), 'base64').toString() : value;
  };
  const all = {
    netrc: { login: 'n', password: '1' },
    lines: ['Authorization: config'],
    hostLines: ['Authorization: host'],
    link: new URL('https://l:2@a/'),
    user: 'u',
    password: '3',
    ownLines: ['Authorization: own'],
  };
  assert.equal(authorization(all), 'own');
  assert.equal(authorization({ ...all, ownLines: [] }), 'u:3');
  assert.equal(authorization({ ...all, ownLines: [], bearer: 't' }), 'Bearer t');
  assert.equal(authorization(all, 'mirror'), 'l:2');
  assert.equal(authorization(all, 'foreign'), 'host');
  assert.equal(authorization({ ...all, hostLines: [] }, 'foreign'), 'n:1');
  assert.equal(authorization({ netrc: all.netrc }), 'n:1');
});

test('malformed headers and those the transfer depends on are refused, without their values', () => {
  for (const line of [
    'secret',
    ': secret',
    'A: secret\r\nB: c',
    'Range: secret',
    'if-range: secret',
    'Host: secret',
    'Connection: secret',
    'Accept-Encoding: secret',
  ]) {
    assert.throws(
      () => requestHeaders({ ...wanted, lines: [line] }, 'own'),
      (error) => error instanceof Failure && error.class === 'link' && !error.message.includes('secret'),
      line,
    );
  }
});

test('digests of the whole file are noted from every header that tells them', () => {
  const base64 = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64');
  const hex = (bytes: number): string => '01'.repeat(bytes);
  const found = (lines: readonly (readonly [string, string])[], partial = false) => digestsOf(fieldsOf(lines), partial);
  assert.deepEqual(found([['Repr-Digest', `sha-256=:${base64(32)}:, sha-512=:${base64(64)}:`]]), [
    `sha-256=${hex(32)}`,
    `sha-512=${hex(64)}`,
  ]);
  assert.deepEqual(found([['Digest', `SHA=${base64(20)},unixsum=30637`]]), [`sha-1=${hex(20)}`]);
  assert.deepEqual(
    found([
      ['x-goog-hash', 'crc32c=n03x6A=='],
      ['x-goog-hash', `md5=${base64(16)}`],
    ]),
    [`md5=${hex(16)}`],
  );
  const unpacked = ['x-goog-stored-content-encoding', 'gzip'] as const;
  assert.deepEqual(found([['x-goog-hash', `md5=${base64(16)}`], unpacked]), []);
  assert.deepEqual(found([['Content-MD5', base64(16)]]), [`md5=${hex(16)}`]);
  assert.deepEqual(found([['Content-MD5', base64(16)]], true), []);
  assert.deepEqual(
    found([
      ['Digest', 'sha-256=short'],
      ['Repr-Digest', '__proto__=:AAAA:'],
      ['Content-MD5', '!'],
    ]),
    [],
  );
});

test('property: any digest header yields digests of the right length, or none', () => {
  const bytes = { md5: 16, 'sha-1': 20, 'sha-224': 28, 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 } as const;
  const base64 = (length: number) => Buffer.alloc(length, 7).toString('base64');
  const length = fc.constantFrom(...Object.values(bytes), 0, 15);
  const right = fc.constantFrom(...Object.entries(bytes)).chain(([name, own]) => {
    const digest = base64(own);
    return fc.constantFrom(`${name}=${digest}`, `${name}=:${digest}:`, digest);
  });
  const algorithm = fc.constantFrom(...Object.keys(bytes), 'SHA', 'crc32c', '__proto__', '');
  const member = fc.oneof(
    right,
    fc
      .tuple(algorithm, fc.constantFrom('=:', '=', ''), length.map(base64), fc.constantFrom(':', ''))
      .map((parts) => parts.join('')),
    fc.string(),
  );
  let told = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('digest', 'repr-digest', 'content-md5', 'x-goog-hash'),
      fc.array(member, { maxLength: 3 }).map((members) => members.join(', ')),
      (name, value) => {
        for (const digest of digestsOf(fieldsOf([[name, value]]), false)) {
          const [, found = '', hex = ''] = /^(sha-\d+|md5)=([0-9a-f]+)$/.exec(digest) ?? [];
          assert.equal(hex.length / 2, bytes[found as keyof typeof bytes], digest);
          told += 1;
        }
      },
    ),
    { numRuns: runs(100) },
  );
  assert.ok(told > 0);
});

test('the digest that was asked for is computed on the way', () => {
  const digest = runningDigest('sha-256=00');
  digest?.update(Buffer.from('xabcx'), 1, 3);
  assert.equal(digest?.result(), 'sha-256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(runningDigest(undefined), undefined);
  assert.equal(runningDigest('constructor=00'), undefined);
});

test('a link with escaped slashes is one file in the folder, not a tree below it', { timeout: 10_000 }, async () => {
  const server = await startFaultServer({ body: Buffer.from('x') });
  const source = httpSource();
  try {
    const request = { link: `${server.url}/a%2fetc%2fpasswd`, options: {}, directory: '/nowhere' };
    const manifest = await source.resolve(request, new AbortController().signal);
    assert.equal(manifest.files[0]?.path, 'passwd');
  } finally {
    await source.close();
    await server.close();
  }
});
